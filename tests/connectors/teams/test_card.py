"""A card shows foreign text as text, and is never longer than Teams takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_teams import is_message
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.teams.card import LONGEST_BODY_BYTES, card_of, escaped, written
from tocsin.domain.page import Message

TEXT = st.text() | st.text(alphabet="<&🔔\n\0\u202e a{}[]*_", max_size=3000) | st.just("🔔" * 50_000)


def message(**changes: Any) -> Message:
    plain = {
        "key": "k1",
        "subject": "P1: login failures",
        "text": "61\nin 5 min",
        "link": "https://t.example/1",
    }
    return Message(**(plain | {"severity": "P1", "incident": "INC-1", "is_page": True} | changes))


def card(made: Message) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(card_of(made)))["attachments"][0]["content"]
    return found


def test_a_page_has_title_text_facts_and_links() -> None:
    made = card(message(fields=(("Severity", "P1 *Critical*"),), runbook_url="https://runbooks.example/1"))
    assert made["body"] == [
        {
            "type": "TextBlock",
            "text": "P1: login failures",
            "weight": "bolder",
            "size": "large",
            "color": "attention",
            "wrap": True,
        },
        {"type": "TextBlock", "text": "61\n\nin 5 min", "wrap": True},
        {"type": "FactSet", "facts": [{"title": "Severity", "value": "P1 \\*Critical\\*"}]},
    ]
    assert [(action["title"], action["url"]) for action in made["actions"]] == [
        ("Acknowledge", "https://t.example/1"),
        ("Runbook", "https://runbooks.example/1"),
    ]


@pytest.mark.parametrize(
    ("event", "title", "colour"),
    [
        ("opened", "P1: login failures", "attention"),
        ("acknowledged", "Acknowledged: P1: login failures", "warning"),
        ("resolved", "Resolved: P1: login failures", "good"),
    ],
)
def test_a_notice_shows_how_far_the_incident_is(event: str, title: str, colour: str) -> None:
    made = card(message(event=event, is_page=False))
    assert (made["body"][0]["text"], made["body"][0]["color"], made["actions"][0]["title"]) == (
        title,
        colour,
        "Open",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](http://evil.example)", "\\[x\\]\\(http://evil.example\\)"),
        ("<at>Ben</at>", "< at\\>Ben</at\\>"),
        ("{{DATE(2026-11-20T20:36:54Z)}}", "{ {DATE\\(2026-11-20T20:36:54Z\\)}}"),
        ("- one\n 1. two\n# three", "\\- one\n \\1. two\n\\# three"),
        ("a-b 1.5", "a-b 1.5"),
    ],
)
def test_nothing_foreign_is_read_as_markdown_mention_or_function(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=60))
def test_teams_takes_any_text(subject: str, text: str, fields: list[tuple[str, str]]) -> None:
    body = written(card_of(message(subject=subject, text=text, fields=tuple(fields), runbook_url=subject)))
    assert len(body) <= LONGEST_BODY_BYTES
    assert is_message(json.loads(body))
