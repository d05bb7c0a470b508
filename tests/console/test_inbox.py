"""The Inbox page: kept messages, marked as reaching nobody."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.console.inbox import letter_of

KEPT = {"key": "k", "person": "ben", "subject": "s", "text": "t", "at": NOON.isoformat()}
OURS = "http://127.0.0.1:8420"


def test_an_empty_inbox_says_whether_that_is_good(ben):
    page = ben.get("/inbox").content.decode()
    assert "No real channel" in page
    assert "That is good where real channels are set up" in page


def test_a_kept_message_is_quoted_and_its_link_can_be_followed(app, ben):
    with app.store.transaction() as shelves:
        shelves.inbox.keep("k", "ben", "<b>P1</b>", "You are called", f"{OURS}/acknowledge/x/y", NOON)
    page = ben.get("/inbox").content.decode()
    assert "&lt;b&gt;P1&lt;/b&gt;" in page
    assert 'href="/acknowledge/x/y"' in page


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (f"{OURS}/incidents/INC-1", "/incidents/INC-1"),
        ("http://evil.example/incidents/INC-1", ""),
        (f"{OURS}//evil.example", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_a_link_into_this_console_is_a_link(link, path):
    assert letter_of({**KEPT, "link": link}, OURS).path == path


def test_a_letter_knows_its_day():
    assert letter_of({**KEPT, "link": ""}, OURS).day == "2026-03-01"
