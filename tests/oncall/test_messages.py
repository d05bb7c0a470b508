"""Tests of the words of pages and notices: short, plain, and safe to send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin.domain.incident import Incident
from tocsin.domain.page import Page
from tocsin.domain.severity import Severity
from tocsin.oncall.answers import Answers
from tocsin.oncall.messages import (
    MAX_SUBJECT,
    MAX_TEXT,
    bundle_message,
    letter,
    notice_message,
    page_message,
)
from tocsin.oncall.notices import NoticeEvent

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LINK = "https://tocsin.example/a/1/token"
PAGE = Page(
    page_id=UUID(int=9),
    incident_id=UUID(int=1),
    step=0,
    person="ben",
    role="primary",
    reason="INC-3 is P1 Critical, step 1 of 3: Ben is primary on call.",
    requested_at=AT,
    acknowledge_by=AT + timedelta(minutes=5),
    link_expires_at=AT + timedelta(hours=24),
)


def test_a_page_says_what_since_when_by_when_and_why_you(incident: Incident) -> None:
    message = page_message(
        key="k", incident=incident, page=PAGE, link=LINK, runbook_url="https://r.example/api"
    )
    assert message.subject == "P1 Critical INC-3: API is down"
    assert message.text == (
        "P1 Critical: API is down, since 2026-11-20 12:00 UTC\n"
        "Affected: shop, basket\n"
        "Acknowledge by 2026-11-20 12:05 UTC: https://tocsin.example/a/1/token\n"
        "Why you: INC-3 is P1 Critical, step 1 of 3: Ben is primary on call.\n"
        "Runbook: https://r.example/api\n"
        "Nobody can buy."
    )
    assert message.fields == (
        ("Severity", "P1 Critical"),
        ("Incident", "INC-3"),
        ("Type", "service-degradation"),
        ("Status", "open"),
        ("Since", "2026-11-20 12:00 UTC"),
        ("Affected", "shop, basket"),
        ("Acknowledge by", "2026-11-20 12:05 UTC"),
        ("Called", "ben (primary)"),
    )
    assert (message.key, message.link, message.runbook_url) == ("k", LINK, "https://r.example/api")
    assert (message.severity, message.incident, message.event, message.is_page) == (
        "P1",
        "INC-3",
        "page",
        True,
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (NoticeEvent.OPENED, "INC-3 was opened."),
        (NoticeEvent.ESCALATED, "INC-3 was not acknowledged in time and was escalated."),
        (NoticeEvent.UNANSWERED, "INC-3 was answered by nobody, and nobody is called any more."),
        (NoticeEvent.RESOLVED, "INC-3 is resolved."),
        (
            NoticeEvent.UNREACHED,
            "INC-3 called somebody whom no message reached: every channel of that page failed.",
        ),
    ],
)
def test_a_notice_says_what_happened(incident: Incident, event: NoticeEvent, said: str) -> None:
    message = notice_message(
        key="k", incident=incident, event=event, link=LINK, reason="Notice 1 of oncall.yml."
    )
    assert message.subject == f"[{event}] P1 Critical INC-3: API is down"
    lines = message.text.splitlines()
    assert lines[0] == "P1 Critical: API is down, since 2026-11-20 12:00 UTC"
    assert lines[1] == f"{said} {LINK}"
    assert "Notice 1 of oncall.yml." in lines
    assert (message.event, message.is_page) == (event.value, False)


@pytest.mark.parametrize(
    ("event", "subject", "said"),
    [
        (
            "acknowledged",
            "[1 of 2 acknowledged]",
            "INC-3 goes on calling: 1 of 2 needed have acknowledged: ben.",
        ),
        (
            "escalated",
            "[escalated]",
            "INC-3 was not acknowledged by as many as must in time and was escalated: 1 of 2 needed",
        ),
        (
            "unanswered",
            "[unanswered]",
            "INC-3 was not acknowledged by as many as must, and nobody is called any more: 1 of 2 needed",
        ),
        ("changed", "[changed]", "INC-3 is now P1 Critical."),
    ],
)
def test_where_several_must_acknowledge_a_notice_counts(
    incident: Incident, event: str, subject: str, said: str
) -> None:
    one = Answers(by=("ben",), needs=2)
    taken = replace(incident, acknowledged_at=AT, acknowledged_by="ben")
    message = notice_message(key="k", incident=taken, event=NoticeEvent(event), link=LINK, answers=one)
    assert message.subject.startswith(f"{subject} P1")
    assert message.text.splitlines()[1].startswith(said)
    assert dict(message.fields)["Acknowledged"] == "1 of 2: ben"
    assert message.still_needed == 1


def test_once_enough_have_a_notice_names_them_all(incident: Incident) -> None:
    both = Answers(by=("ben", "ada"), needs=2)
    event = NoticeEvent.ACKNOWLEDGED
    message = notice_message(key="k", incident=incident, event=event, link=LINK, answers=both)
    assert message.subject.startswith("[acknowledged]")
    assert "INC-3 was acknowledged by ben, ada." in message.text
    assert message.still_needed == 0


def test_a_notice_may_carry_the_runbook(incident: Incident) -> None:
    message = notice_message(
        key="k", incident=incident, event=NoticeEvent.OPENED, link=LINK, runbook_url="https://r.example/api"
    )
    assert "Runbook: https://r.example/api" in message.text


def test_what_is_not_known_leaves_no_empty_line(incident: Incident) -> None:
    bare = replace(incident, services=(), description="")
    message = page_message(key="k", incident=bare, page=PAGE, link=LINK)
    assert len(message.text.splitlines()) == 3
    assert "Affected" not in dict(message.fields)


def test_a_drill_is_marked_first(incident: Incident) -> None:
    message = page_message(key="k", incident=replace(incident, drill=True), page=PAGE, link=LINK)
    assert message.subject.startswith("DRILL P1 Critical")
    assert message.text.startswith("DRILL P1 Critical")


def test_outside_text_cannot_break_lines_or_lengths(incident: Incident) -> None:
    hostile = replace(
        incident,
        title="a\r\nBcc: eve@example.org\x1b" + "x" * 999,
        description="d" * 9999,
        services=("s" * 999,),
    )
    message = page_message(
        key="k", incident=hostile, page=replace(PAGE, reason="r" * 999), link="https://l" * 99
    )
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    assert "\x1b" not in message.text
    assert len(message.subject) == MAX_SUBJECT
    assert len(message.text) == MAX_TEXT
    assert len(message.text.splitlines()[0]) < 350


def test_partners_that_keep_state_are_told_which_incident_and_page_it_is(incident: Incident) -> None:
    message = page_message(key="k", incident=incident, page=PAGE, link=LINK)
    assert (message.incident_key, message.page_id, message.person) == (
        f"tocsin-{incident.incident_id}",
        str(PAGE.page_id),
        "ben",
    )
    assert message.status == "open"
    notice = notice_message(key="n", incident=incident, event=NoticeEvent.OPENED, link=LINK)
    assert (notice.incident_key, notice.page_id) == (message.incident_key, "")
    assert notice.status == "open"


def test_it_is_said_who_acknowledged_and_which_severity_it_is_now(incident: Incident) -> None:
    taken = replace(incident, acknowledged_by="ada\nBcc: eve")
    said = notice_message(key="k", incident=taken, event=NoticeEvent.ACKNOWLEDGED, link=LINK).text
    assert "INC-3 was acknowledged by ada Bcc: eve." in said
    unknown = notice_message(key="k", incident=incident, event=NoticeEvent.ACKNOWLEDGED, link=LINK).text
    assert "INC-3 was acknowledged." in unknown
    changed = notice_message(key="k", incident=incident, event=NoticeEvent.CHANGED, link=LINK).text
    assert "INC-3 is now P1 Critical." in changed


def test_pages_that_were_held_back_are_one_message_with_the_worst_first(incident: Incident) -> None:
    lesser = replace(incident, number=2, severity=Severity.P3, title="Slow")
    message = bundle_message(key="b", person="ben", held=(lesser, incident), count=7, link=LINK)
    assert message.subject == "7 more pages: INC-3 and others"
    lines = message.text.splitlines()
    assert lines[0] == f"7 more pages for ben were held back, because many came at once. {LINK}"
    assert [line.split()[0] for line in lines[1:3]] == ["INC-3", "INC-2"]
    assert lines[3] == "And 5 more."
    assert (message.event, message.severity, message.is_page) == ("bundle", "P1", False)


def test_a_single_page_that_was_held_back_is_spoken_of_as_one(incident: Incident) -> None:
    message = bundle_message(key="b", person="ben", held=(incident,), count=1, link=LINK)
    assert message.text.startswith("1 more page for ben")
    assert "And" not in message.text


def test_a_letter_belongs_to_no_incident_and_keeps_its_lines() -> None:
    message = letter(key="l", event="digest", subject="List\r\nBcc: eve", text="one\ntwo\x1b", link=LINK)
    assert (message.subject, message.text, message.incident) == ("List Bcc: eve", "one\ntwo", "")
    assert (message.event, message.is_page, message.incident_key) == ("digest", False, "l")
