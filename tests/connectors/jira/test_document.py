"""Text from outside stays text in Jira, in both of its forms."""

from __future__ import annotations

from typing import Any

import pytest
from fake_jira import is_document
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.jira.document import LONGEST_TEXT, document_of, escaped, plain_document, text_of
from tocsin.domain.page import Message

TEXT = st.text() | st.text(alphabet="{}[]!|~\\*_<&🔔\n\0\u202e a", max_size=3000) | st.just("x" * 100_000)


def message(**changes: Any) -> Message:
    plain = {"key": "k1", "subject": "s", "text": "61 failures\n\nin 5 min", "link": "https://t.example/1"}
    return Message(**(plain | {"severity": "P1", "incident": "INC-1", "is_page": True} | changes))


def test_a_document_has_paragraphs_facts_links_and_its_mark() -> None:
    made = document_of(message(fields=(("Severity", "P1"),), runbook_url="javascript:alert(1)"), "tocsin:1")
    link = {"type": "link", "attrs": {"href": "https://t.example/1"}}
    assert [part["content"] for part in made["content"]] == [
        [{"type": "text", "text": "61 failures"}],
        [{"type": "text", "text": "in 5 min"}],
        [
            {"type": "text", "text": "Severity", "marks": [{"type": "strong"}]},
            {"type": "text", "text": ": P1"},
        ],
        [
            {"type": "text", "text": "Open in Tocsin: "},
            {"type": "text", "text": "https://t.example/1", "marks": [link]},
        ],
        [{"type": "text", "text": "tocsin:1", "marks": [{"type": "code"}]}],
    ]


def test_a_text_has_the_same_with_its_marks_escaped() -> None:
    made = text_of(message(text="{code} [~admin] !x! a|b \\", fields=(("Who", "[x]"),)), "tocsin:1")
    assert made == (
        "\\{code} \\[\\~admin] \\!x\\! a\\|b \\\\\n*Who*: \\[x]\nOpen in Tocsin: https://t.example/1\ntocsin:1"
    )


@given(TEXT, TEXT, TEXT)
def test_any_text_makes_what_jira_takes(text: str, name: str, value: str) -> None:
    made = message(text=text, fields=((name, value),) * 3, runbook_url=value)
    assert is_document(document_of(made, "tocsin:1"))
    assert is_document(plain_document(text))
    written = text_of(made, "tocsin:1")
    assert len(written) <= LONGEST_TEXT
    assert written.endswith("\ntocsin:1")


@pytest.mark.parametrize(("text", "shown"), [("plain", "plain"), ("{x}", "\\{x}"), ("\\", "\\\\")])
def test_what_wiki_text_would_take_for_its_own_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown
