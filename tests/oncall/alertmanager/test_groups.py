"""A group has Alertmanager's key, its own id, and is flushed when Alertmanager would."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.domain.matchers import matcher
from tocsin.domain.notification import NotificationGroup
from tocsin.oncall.alertmanager.groups import (
    first_flush,
    flush_with,
    group_id,
    group_key,
    group_labels,
    next_flush,
)
from tocsin.oncall.alertmanager.routes import Route

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHILD = Route(
    path="0/0", receiver="b", matchers=(matcher("severity", "=", "critical"),), group_by=("alertname", "zone")
)
ROOT = Route(path="0", receiver="a", children=(CHILD, replace(CHILD, path="0/1", group_by=None)))
LABELS = {"alertname": "X", "severity": "critical", "cluster": "lab"}


def test_only_the_labels_of_the_route_group() -> None:
    assert group_labels(CHILD, LABELS) == {"alertname": "X"}
    assert group_labels(ROOT, LABELS) == {}
    assert group_labels(ROOT.children[1], LABELS) == LABELS


def test_the_key_is_alertmanagers_text() -> None:
    assert group_key(ROOT, ROOT, LABELS) == "{}:{}"
    assert group_key(ROOT, CHILD, LABELS) == '{}/{severity="critical"}:{alertname="X"}'
    assert (
        group_key(ROOT, ROOT.children[1], LABELS)
        == '{}/{severity="critical"}:{alertname="X", cluster="lab", severity="critical"}'
    )


def test_the_key_equals_the_captured_one(shared: Path) -> None:
    captured = json.loads((shared / "captures/alertmanager_webhook_v4_firing.json").read_text())
    body = captured.get("body", captured)
    body = json.loads(body) if isinstance(body, str) else body
    assert group_key(ROOT, replace(ROOT, group_by=tuple(body["groupLabels"])), body["groupLabels"]) == (
        "{}:" + body["groupKey"].partition(":")[2]
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('say "hi"', r"\"hi\""),
        ("a\\b", r"a\\b"),
        ("two\nlines\ttab", r"two\nlines\ttab"),
        ("bell\x07 del\x7f", r"bell\a del\x7f"),
        ("Größe ✓", "Größe ✓"),
        ("no\u00a0break \u0085", r"no\u00a0break \u0085"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_values_are_quoted_as_go_quotes(value: str, written: str) -> None:
    key = group_key(ROOT, replace(ROOT, group_by=("a",)), {"a": value})
    assert written in key


def test_the_key_sorts_what_it_has_written() -> None:
    key = group_key(ROOT, replace(ROOT, group_by=("a", "a1")), {"a": "x", "a1": "x"})
    assert key == '{}:{a1="x", a="x"}'


def test_equal_routes_at_two_places_are_two_groups() -> None:
    one, two = group_id(CHILD, LABELS), group_id(replace(CHILD, path="0/1"), LABELS)
    assert len(one) == 64
    assert one != two
    assert group_id(CHILD, {**LABELS, "cluster": "other"}) == one


def test_the_first_flush_waits_unless_the_alert_has_waited_already() -> None:
    wait = CHILD.group_wait
    assert first_flush(CHILD, NOW, NOW) == NOW + wait
    assert first_flush(CHILD, NOW - wait, NOW) == NOW + wait
    assert first_flush(CHILD, NOW - wait - timedelta(seconds=1), NOW) == NOW


def test_an_old_alert_brings_only_the_first_flush_forward() -> None:
    group = NotificationGroup(
        group_id="g",
        group_key="k",
        route="0/0",
        receiver="b",
        labels={},
        created_at=NOW,
        flush_at=NOW + timedelta(seconds=20),
    )
    old = NOW - timedelta(hours=1)
    assert flush_with(CHILD, group, NOW, NOW) == group.flush_at
    assert flush_with(CHILD, group, old, NOW) == NOW
    flushed = replace(group, flushed_at=NOW - timedelta(minutes=1))
    assert flush_with(CHILD, flushed, old, NOW) == group.flush_at


def test_the_next_flush_counts_from_the_tick_and_makes_nothing_up() -> None:
    interval = CHILD.group_interval
    assert next_flush(CHILD, NOW, NOW + timedelta(seconds=2)) == NOW + interval
    assert next_flush(CHILD, NOW, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)
