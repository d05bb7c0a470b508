"""Text from outside is bounded and shows what it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two  words ", "two words"),
        ("a\r\nBcc: eve@x.example", "a Bcc: eve@x.example"),
        ("inv\u202eoice\u2066.exe", "invoice.exe"),
        ("bell\x07 esc\x1b[31m nul\0", "bell esc[31m nul"),
        ("עברית 🔔", "עברית 🔔"),
        ("half\ud800", "half"),
        ("a\u2028b", "a b"),
        ("x" * 24, "x" * 24),
        ("x" * 25, "x" * 23 + "…"),
        (" " * 50 + "far away", "…"),
    ],
)
def test_a_line_is_one_line(text: str, expected: str) -> None:
    assert one_line(text, limit=24) == expected


def test_paragraphs_keep_their_breaks_and_tabs() -> None:
    assert paragraphs("\na\r\nb\rc\n\n\td\0\n", limit=100) == "a\nb\nc\n\n\td"


@pytest.mark.parametrize(
    ("subject", "incident", "expected"),
    [("a\nb", "INC-1", "a b"), (" \0", "INC-1", "INC-1"), ("", "\x85\ud800", "Tocsin")],
)
def test_a_title_is_never_empty(subject: str, incident: str, expected: str) -> None:
    sent = Message(key="k", subject=subject, text="", link="", severity="P1", incident=incident, is_page=True)
    assert title_of(sent, limit=100) == expected


def test_a_cut_is_shown() -> None:
    assert paragraphs("x" * 11, limit=10) == "x" * 9 + "…"
    assert paragraphs("x" * 10, limit=10) == "x" * 10


@settings(deadline=None)
@given(st.text(), st.integers(2, 50))
def test_any_text_becomes_bounded_and_printable(text: str, limit: int) -> None:
    for shown in (one_line(text, limit=limit), paragraphs(text, limit=limit)):
        assert len(shown) <= limit
        assert all(unicodedata.category(letter) not in ("Cc", "Cs") or letter in "\n\t" for letter in shown)
    assert "\n" not in one_line(text, limit=limit)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://tocsin.example/pages/1?t=2", True),
        ("http://127.0.0.1:8420/", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        ("https://a.example/\r\nX: 1", False),
        ("https://a.example/ b", False),
        ("https://a.example/\u202e", False),
        ("", False),
    ],
)
def test_only_web_links_are_links(link: str, expected: bool) -> None:
    assert is_web_link(link) is expected
