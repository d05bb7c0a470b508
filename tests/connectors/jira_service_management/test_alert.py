"""An alert is one the service takes, whatever the text, and always names itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_service_management import faults_of
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.jira_service_management.alert import alert_of, alias_of, responder_of, tags_of
from tocsin.domain.page import Message

NUMBER = "11111111-1111-1111-1111-111111111111"
TEXT = st.text() | st.text(alphabet="<&🔔\n\0\u202e a", max_size=3000) | st.just("x" * 100_000)


def message(**changes: Any) -> Message:
    plain = {"key": "k1", "subject": "P1: login failures", "text": "61", "link": "https://tocsin.example/1"}
    return Message(**(plain | {"severity": "P1", "incident": "INC-1", "is_page": True} | changes))


def test_a_page_is_an_alert_with_its_facts_and_links() -> None:
    facts = (("Type", "security"), ("Affected", "agent-gateway"))
    assert alert_of(message(incident_key="abc", fields=facts, runbook_url="https://runbooks.example/1")) == {
        "message": "P1: login failures",
        "alias": "abc",
        "description": "Open in Tocsin: https://tocsin.example/1\nRunbook: https://runbooks.example/1\n\n61",
        "details": dict(facts),
        "tags": ["P1", "security"],
        "entity": "agent-gateway",
        "source": "Tocsin",
        "priority": "P1",
    }


def test_a_severity_that_is_no_priority_is_left_to_the_partner() -> None:
    assert "priority" not in alert_of(message(severity="P0"))


@pytest.mark.parametrize(
    ("key", "alias"), [("INC-1", "INC-1"), ("a" * 250, "a" * 250), ("tocsin:1@x", "tocsin:1@x")]
)
def test_a_key_that_fits_a_path_is_the_alias(key: str, alias: str) -> None:
    assert alias_of(key) == alias


@pytest.mark.parametrize("key", ["", "a" * 251, "a b", "../x", "ä", "\ud800"])
def test_any_other_key_becomes_its_digest(key: str) -> None:
    assert len(alias_of(key)) == 64


@pytest.mark.parametrize(
    ("text", "responder"),
    [
        ("team:Platform", {"type": "team", "name": "Platform"}),
        ("user:ada@tocsin.example", {"type": "user", "username": "ada@tocsin.example"}),
        (
            f"schedule:{'1' * 8}-1111-1111-1111-{'1' * 12}",
            {"type": "schedule", "id": f"{'1' * 8}-1111-1111-1111-{'1' * 12}"},
        ),
    ],
)
def test_a_responder_is_read(text: str, responder: dict[str, str]) -> None:
    assert responder_of(text) == responder


@pytest.mark.parametrize("text", ["", "team:", "crowd:Platform", "Platform"])
def test_what_is_no_responder_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="team:"):
        responder_of(text)


def test_tags_are_few_short_and_different() -> None:
    assert tags_of(["a", "", "a", "b c"]) == ["a", "b c"]
    assert len(tags_of([str(number) for number in range(50)])) == 20


@given(TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=9))
def test_the_service_takes_any_text(subject: str, text: str, fields: list[tuple[str, str]]) -> None:
    made = alert_of(message(subject=subject, text=text, fields=tuple(fields), incident_key=subject))
    assert faults_of(json.loads(json.dumps(made)), "details") == []
