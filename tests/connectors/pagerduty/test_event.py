"""An event is one PagerDuty takes, whatever the text, and always names its alert."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_pagerduty import FakePagerDuty
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.pagerduty.event import LONGEST_EVENT_BYTES, TOO_LONG, dedup_key, event_of, written
from tocsin.domain.page import Message

TEXT = st.text() | st.text(alphabet="<&🔔\n\0\u202e a", max_size=3000) | st.just("x" * 100_000)


def message(**changes: Any) -> Message:
    plain = {"key": "k1", "subject": "P1: login failures", "text": "61", "link": "https://tocsin.example/1"}
    return Message(**(plain | {"severity": "P1", "incident": "INC-1", "is_page": True} | changes))


def test_a_page_is_a_trigger_with_its_facts_and_links() -> None:
    made = event_of(
        message(
            incident_key="tocsin-INC-1",
            fields=(("Type", "security"), ("Affected", "agent-gateway")),
            runbook_url="https://runbooks.example/1",
        )
    )
    assert made == {
        "event_action": "trigger",
        "dedup_key": "tocsin-INC-1",
        "client": "Tocsin",
        "client_url": "https://tocsin.example/1",
        "links": [
            {"href": "https://tocsin.example/1", "text": "Open in Tocsin"},
            {"href": "https://runbooks.example/1", "text": "Runbook"},
        ],
        "payload": {
            "summary": "P1: login failures",
            "source": "agent-gateway",
            "severity": "critical",
            "class": "security",
            "custom_details": {"Type": "security", "Affected": "agent-gateway", "text": "61"},
        },
    }


@pytest.mark.parametrize(
    ("severity", "word"),
    [("P1", "critical"), ("P2", "error"), ("P3", "warning"), ("P4", "info"), ("P0", "critical")],
)
def test_each_severity_has_its_word(severity: str, word: str) -> None:
    assert event_of(message(severity=severity))["payload"]["severity"] == word


@pytest.mark.parametrize(
    ("names", "key"),
    [
        ({"incident_key": "abc"}, "abc"),
        ({}, "INC-1"),
        ({"incident": ""}, "k1"),
        ({"incident": "", "key": " "}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ],
)
def test_there_is_always_a_key_to_end_the_alert_by(names: dict[str, str], key: str) -> None:
    assert dedup_key(message(**names)) == key


def test_a_key_that_is_too_long_becomes_its_digest() -> None:
    assert len(dedup_key(message(incident_key="x" * 256))) == 64
    assert dedup_key(message(incident_key="x" * 255)) == "x" * 255


def test_an_event_that_is_too_long_loses_its_details_and_nothing_else() -> None:
    event = event_of(message()) | {"routing_key": "R"}
    event["payload"]["custom_details"] = {"firing": "x" * LONGEST_EVENT_BYTES}
    sent = json.loads(written(event))
    assert sent["payload"].pop("custom_details") == TOO_LONG
    assert sent["payload"]["summary"] == "P1: login failures"
    assert len(written(event)) < LONGEST_EVENT_BYTES


@given(TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3))
def test_pagerduty_takes_any_text(subject: str, text: str, fields: list[tuple[str, str]]) -> None:
    event = event_of(message(subject=subject, text=text, fields=tuple(fields), incident_key=text))
    fake = FakePagerDuty()
    assert fake.faults_of(json.loads(written(event | {"routing_key": fake.key}))) == []
