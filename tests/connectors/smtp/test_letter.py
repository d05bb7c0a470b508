"""A mail says what it is, keeps its id over retries, and no text can reach its headers."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.smtp.letter import LONGEST_TEXT, is_mail_address, letter_of
from tocsin.domain.page import Message

NOW = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "Importance"}
MIME = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}


def message(**changes: Any) -> Message:
    plain = {
        "key": "k1",
        "subject": "P1: login failures",
        "text": "61 failures",
        "link": "https://tocsin.example/p",
    }
    return Message(**(plain | {"severity": "P1", "incident": "INC-1", "is_page": True} | changes))


def arrived(sent: Message) -> EmailMessage:
    """Return the mail as a receiver parses it."""
    letter = letter_of(sent, "tocsin@tocsin.example", "ben@tocsin.example", NOW)
    parsed = message_from_bytes(letter.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_a_page_is_a_plain_mail_with_its_link_first() -> None:
    letter = arrived(
        message(
            fields=(("Severity", "P1 Critical"),),
            runbook_url="https://runbooks.example/1",
            text="zwölf\nFehler",
        )
    )
    assert letter["Subject"] == "P1: login failures"
    assert (letter["From"], letter["To"]) == ("tocsin@tocsin.example", "ben@tocsin.example")
    assert (letter["Auto-Submitted"], letter["Importance"]) == ("auto-generated", "high")
    assert letter["Date"].datetime == NOW
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n") == (
        "Acknowledge: https://tocsin.example/p\n\nzwölf\nFehler\n\n"
        "Severity: P1 Critical\n\nRunbook: https://runbooks.example/1\n"
    )


def test_a_notice_is_not_urgent() -> None:
    letter = arrived(message(is_page=False))
    assert letter["Importance"] is None
    assert letter.get_content().startswith("Open: ")


def test_the_id_comes_from_the_key_and_the_thread_from_the_incident() -> None:
    first, again, other = (arrived(message(key=key)) for key in ("k1", "k1", "k2"))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["References"] == other["References"] != first["Message-ID"]
    assert first["Message-ID"].endswith("@tocsin.example>")


HOSTILE = st.text() | st.sampled_from(
    ["a\r\nBcc: eve@evil.example", "\n\n<html>", "\u2028X: 1", "x" * 100_000, "\ud800"]
)


@settings(max_examples=40, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_reaches_the_headers(subject: str, text: str, key: str, field: str) -> None:
    letter = arrived(
        message(subject=subject, text=text, key=key, incident=field, fields=((field, field),), link=field)
    )
    assert set(letter.keys()) == HEADERS | MIME
    assert letter["To"] == "ben@tocsin.example"
    assert letter.get_content_type() == "text/plain"
    assert len(letter.get_content()) < LONGEST_TEXT + 5000
    assert not letter.defects


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ben@tocsin.example", True),
        ("ben+page@mail.tocsin.example", True),
        ("root@localhost", True),
        ("", False),
        ("ben", False),
        ("ben@", False),
        ("ben@@tocsin.example", False),
        ("Ben <ben@tocsin.example>", False),
        ("ben@tocsin.example, eve@evil.example", False),
        ("ben@tocsin.example\r\nRCPT TO:<eve@evil.example>", False),
        ("ben@tocsin.example\n", False),
        ("ben@tocsin..example", False),
        ("bén@tocsin.example", False),
        ("x" * 65 + "@tocsin.example", False),
        ("ben@-tocsin.example", False),
    ],
)
def test_only_one_plain_address_is_an_address(address: str, expected: bool) -> None:
    assert is_mail_address(address) is expected


def test_a_follow_up_answers_the_mail_before_it_in_the_same_thread() -> None:
    first = arrived(message(incident_key="6f2c"))
    second = arrived(message(key="k2", incident_key="6f2c", thread=first["Message-ID"]))
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["References"].split() == [first["References"], first["Message-ID"]]
    assert arrived(message(incident_key="6f2c", thread=first["Message-ID"]))["In-Reply-To"] is None


@pytest.mark.parametrize("thread", ["<a@b>\r\nBcc: eve@evil.example", "no id", "<a b@c>"])
def test_a_thread_that_is_no_mails_id_is_left_out(thread: str) -> None:
    letter = arrived(message(thread=thread))
    assert letter["In-Reply-To"] is None
    assert letter["Bcc"] is None
