"""Tests of reading who is only told, and of the lists that are sent by the calendar."""

from __future__ import annotations

from datetime import time

import pytest

from tocsin.domain.pack_file import PackProblem, parse
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.notices import RULED, Digest, DigestOf, Every, NoticeEvent, read_digests, read_notices

ROOM = Contact(channel="slack", address="C1")
HALL = Contact(channel="slack", address="C2")
CHANNELS = {"room": ROOM, "hall": HALL}


def digest(text: str) -> Digest:
    (found,) = read_digests(parse(text, "oncall.yml"), CHANNELS)
    return found


def test_a_notice_names_rooms_or_writes_its_address_out() -> None:
    written = """\
- {to: [room, hall], severities: [P1], events: [changed]}
- {channel: smtp, address: a@example.org, severities: [P2, P3]}
"""
    first, second, third = read_notices(parse(written, "oncall.yml"), CHANNELS)
    assert (first.contact, second.contact) == (ROOM, HALL)
    assert first.events == {NoticeEvent.CHANGED}
    assert (third.contact.address, third.events) == ("a@example.org", frozenset(RULED))
    assert third.severities == {Severity.P2, Severity.P3}


def test_an_event_that_there_is_not_is_refused() -> None:
    with pytest.raises(PackProblem, match="`closed` is not possible"):
        read_notices(parse("[{to: room, severities: [P1], events: [closed]}]", "oncall.yml"), CHANNELS)


def test_the_usual_list_holds_p4_incidents_on_the_first_of_the_month() -> None:
    found = digest("tell: room")
    assert (found.of, found.every, found.day, found.at) == (DigestOf.INCIDENTS, Every.MONTH, 1, time(9))
    assert (found.severities, found.zone.key, found.tell) == ({Severity.P4}, "UTC", (ROOM,))


def test_the_list_of_who_can_be_reached_comes_every_monday() -> None:
    found = digest("[{of: readiness, tell: room}]")
    assert (found.every, found.day, found.name) == (Every.WEEK, 0, "readiness:week:0:0900:UTC:P4")


def test_a_list_says_when_and_of_what() -> None:
    found = digest(
        '{of: incidents, every: week, on: fri, at: "16:00", zone: Europe/Berlin,'
        " severities: [P3, P4], tell: [room, hall]}"
    )
    assert (found.every, found.day, found.at, found.zone.key) == (Every.WEEK, 4, time(16), "Europe/Berlin")
    assert found.severities == {Severity.P3, Severity.P4}
    assert digest("{on: 28, tell: room}").day == 28


@pytest.mark.parametrize("day", ["0", "29", "1.5"])
def test_a_day_that_not_every_month_has_is_refused(day: str) -> None:
    with pytest.raises(PackProblem, match="not a day that every month has"):
        digest(f"{{on: {day}, tell: room}}")


def test_who_hears_of_each_step_hears_too_that_the_last_one_went_by() -> None:
    written = (
        "[{to: room, severities: [P1], events: [escalated]}, {to: hall, severities: [P1], events: [opened]}]"
    )
    steps, begins = read_notices(parse(written, "oncall.yml"), CHANNELS)
    assert steps.tells(Severity.P1, NoticeEvent.UNANSWERED)
    assert not steps.tells(Severity.P2, NoticeEvent.UNANSWERED)
    assert not begins.tells(Severity.P1, NoticeEvent.UNANSWERED)
    assert begins.tells(Severity.P1, NoticeEvent.OPENED)
