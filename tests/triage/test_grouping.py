"""Tests of the key under which alerts belong to one incident."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.alert import Alert
from tocsin.triage.grouping import MAX_KEY_CHARACTERS, group_key
from tocsin.triage.policy import TriagePolicy


@pytest.mark.parametrize(
    ("source", "incident_type", "labels", "key"),
    [
        pytest.param(
            "prometheus",
            "unknown",
            {"alertname": "A", "service": "s", "job": "j"},
            'alertname="A",service="s"',
            id="first of a bar",
        ),
        pytest.param(
            "prometheus",
            "unknown",
            {"alertname": "A", "job": "j"},
            'alertname="A",job="j"',
            id="second of a bar",
        ),
        pytest.param("prometheus", "unknown", {"alertname": "A"}, 'alertname="A"', id="nothing of a bar"),
        pytest.param(
            "detection", "security", {"alertname": "A", "rule_id": "r"}, 'rule_id="r"', id="by source"
        ),
        pytest.param("detection:idp", "security", {"rule_id": "r"}, 'rule_id="r"', id="by kind of source"),
        pytest.param(
            "prometheus", "drift", {"alertname": "A", "resource": "vpc"}, 'resource="vpc"', id="by type"
        ),
        pytest.param(
            "prometheus",
            "unknown",
            {"x": "y"},
            'fingerprint="00000000000000aa"',
            id="unlabelled stands alone",
        ),
    ],
)
def test_alerts_group_by_type_then_source_then_default(
    alert_of: Callable[..., Alert],
    policy: TriagePolicy,
    source: str,
    incident_type: str,
    labels: dict[str, str],
    key: str,
) -> None:
    assert group_key(alert_of(source, **labels), incident_type, policy) == key


def test_a_value_cannot_pretend_to_be_two_labels(
    alert_of: Callable[..., Alert], policy: TriagePolicy
) -> None:
    honest = group_key(alert_of(alertname="A", job="j"), "unknown", policy)
    crafted = group_key(alert_of(alertname='A",job="j'), "unknown", policy)
    assert honest != crafted


def test_long_keys_are_bounded_and_still_differ(alert_of: Callable[..., Alert], policy: TriagePolicy) -> None:
    one = group_key(alert_of(alertname="A" * 500), "unknown", policy)
    other = group_key(alert_of(alertname="A" * 501), "unknown", policy)
    assert len(one) == len(other) == MAX_KEY_CHARACTERS
    assert one != other


@given(left=st.text(st.characters(codec="utf-8")), right=st.text(st.characters(codec="utf-8")))
def test_two_names_share_a_key_only_if_they_are_equal(
    alert_of: Callable[..., Alert], policy: TriagePolicy, left: str, right: str
) -> None:
    keys = [group_key(alert_of(alertname=name), "unknown", policy) for name in (left, right)]
    assert (keys[0] == keys[1]) == (left == right)
