"""Tests of taking over a calendar of elsewhere: whose turn an event is, and holidays."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.person import Contact, Person
from tocsin.oncall.schedules.calendar_file import CalendarRefused
from tocsin.oncall.schedules.feed import feed
from tocsin.oncall.schedules.ical import read_holidays, read_ical
from tocsin.oncall.schedules.shifts import shifts, whole_shifts

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = {
    "ada": Person(
        username="ada", name="Ada L", contacts=(Contact(channel="smtp", address="Ada@example.org"),)
    ),
    "ben": Person(username="ben", name="Ben B"),
}
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n"


def calendar(*events: str) -> bytes:
    return (
        HEAD + "".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT\r\n" for one in events) + "END:VCALENDAR\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("line", "person"),
    [
        pytest.param("SUMMARY:ben", "ben", id="a username"),
        pytest.param("SUMMARY:BEN B", "ben", id="a name"),
        pytest.param("SUMMARY:on call: Ben B (week 3)", "ben", id="a name among words"),
        pytest.param("SUMMARY:On call\r\nATTENDEE:mailto:ada@EXAMPLE.org", "ada", id="an attendee"),
        pytest.param("SUMMARY:ben or ada", None, id="two"),
        pytest.param("SUMMARY:benedict", None, id="part of a word"),
        pytest.param("DESCRIPTION:nobody", None, id="no name at all"),
    ],
)
def test_an_event_is_the_turn_of_whom_it_names(utc, line: str, person: str | None) -> None:
    content = calendar(f"UID:1\r\nDTSTART:20261116T090000Z\r\nDTEND:20261117T090000Z\r\n{line}")
    found = read_ical(content, PEOPLE, BERLIN, utc("2026-11-01T00:00"), utc("2026-12-01T00:00"))
    assert [turn.person for turn in found.turns] == ([person] if person else [])
    assert bool(found.unknown) == (person is None)


def test_our_own_calendar_comes_back_as_the_same_shifts(layer, platform, utc) -> None:
    start, end = utc("2026-11-16T08:00"), utc("2026-12-28T08:00")
    schedule = platform(layer("ben ada"))
    written = feed(schedule, whole_shifts(schedule, (), start, end), start)
    back = platform(read_ical(written, PEOPLE, BERLIN, start, end).layer("written"))
    ours, theirs = (shifts(one, (), start, end) for one in (schedule, back))
    assert [(one.start, one.end, one.person) for one in theirs] == [
        (one.start, one.end, one.person) for one in ours
    ]


def test_holidays_are_the_days_that_events_cover() -> None:
    content = calendar(
        "UID:1\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227",
        "UID:2\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY",
        "UID:3\r\nDTSTART:20260501T000000Z\r\nDTEND:20260501T120000Z",
    )
    found = read_holidays(content)
    assert {date(2026, 12, 25), date(2026, 12, 26), date(2030, 1, 1), date(2026, 5, 1)} <= found
    assert len(found) == 2 + 24 + 1


def test_a_holiday_of_years_is_refused() -> None:
    content = calendar("UID:1\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20281225")
    with pytest.raises(CalendarRefused, match="more than a year"):
        read_holidays(content)
