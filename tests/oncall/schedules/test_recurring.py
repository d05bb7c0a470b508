"""Tests of expanding calendar files, with another library as the oracle, and of files that mean harm."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from tocsin.oncall.schedules import recurring
from tocsin.oncall.schedules.calendar_file import CalendarRefused
from tocsin.oncall.schedules.recurring import occurrences

BERLIN = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 4, 30, tzinfo=UTC)
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n"


def calendar(*events: str) -> bytes:
    bodies = "".join(f"BEGIN:VEVENT\r\nDTSTAMP:20261101T000000Z\r\n{one}\r\nEND:VEVENT\r\n" for one in events)
    return f"{HEAD}{bodies}END:VCALENDAR\r\n".encode()


def event(*lines: str, uid: str = "1", start: str = "TZID=Europe/Berlin:20261005T090000") -> str:
    return "\r\n".join((f"UID:{uid}", f"DTSTART;{start}", *lines))


DAY = "DTEND;TZID=Europe/Berlin:20261006T090000"


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([event(DAY)], id="once"),
        pytest.param([event("DURATION:PT12H")], id="a duration"),
        pytest.param([event(start="VALUE=DATE:20261224")], id="a day"),
        pytest.param([event("DTEND;VALUE=DATE:20261227", start="VALUE=DATE:20261224")], id="some days"),
        pytest.param([event(DAY, "RRULE:FREQ=DAILY;INTERVAL=3")], id="every third day over both changes"),
        pytest.param([event(DAY, "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=9")], id="a count"),
        pytest.param([event(DAY, "RRULE:FREQ=WEEKLY;UNTIL=20261101T080000Z")], id="until an instant"),
        pytest.param([event(DAY, "RRULE:FREQ=MONTHLY;BYMONTHDAY=31")], id="the 31st where there is one"),
        pytest.param(
            [event(DAY, "RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Berlin:20261012T090000,20261019T090000")],
            id="left out",
        ),
        pytest.param(
            [event(DAY, "RDATE;TZID=Europe/Berlin:20261020T100000", "RDATE:20261022T100000Z")],
            id="dates by hand",
        ),
        pytest.param(
            [
                event(DAY, "RRULE:FREQ=WEEKLY;COUNT=5"),
                event(
                    "RECURRENCE-ID;TZID=Europe/Berlin:20261019T090000",
                    "DTEND:20261021T100000Z",
                    start="VALUE=DATE-TIME:20261020T100000Z",
                ),
            ],
            id="one is moved",
        ),
    ],
)
def test_events_recur_as_another_library_says(events: list[str]) -> None:
    content = calendar(*events)
    expanded = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(START, END)
    expected = sorted((_instant(one["DTSTART"].dt), _instant(one["DTEND"].dt)) for one in expanded)
    found = occurrences(content, BERLIN, START, END)
    assert [(one.start, one.end) for one in found] == expected
    assert found


def _instant(value) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=BERLIN)
    return value.astimezone(UTC)


def test_times_without_a_zone_are_of_the_zone_given() -> None:
    floating = event(
        "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20261006T090000", start="VALUE=DATE-TIME:20261005T090000"
    )
    found = occurrences(calendar(floating), BERLIN, START, END)
    assert [one.start.hour for one in found] == [7, 7]
    by_day = event("DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20261007")
    assert len(occurrences(calendar(by_day), BERLIN, START, END)) == 3


def test_what_is_cancelled_has_no_length_or_lies_elsewhere_is_left_out() -> None:
    content = calendar(
        event(DAY, "STATUS:CANCELLED"),
        event(uid="2"),
        event("DURATION:PT1H", uid="3", start="VALUE=DATE-TIME:20200101T000000Z"),
    )
    assert occurrences(content, BERLIN, START, END) == ()


def test_names_are_told_the_surest_first() -> None:
    (one,) = occurrences(
        calendar(event(DAY, "SUMMARY:Ben on call", "ATTENDEE:MAILTO:Ben@example.org", "X-TOCSIN-PERSON:ben")),
        BERLIN,
        START,
        END,
    )
    assert one.names == ("ben", "ben@example.org", "Ben on call")
    (two,) = occurrences(
        calendar(event(DAY, "ATTENDEE:mailto:a@example.org", "ATTENDEE:mailto:b@example.org")),
        BERLIN,
        START,
        END,
    )
    assert two.names == ("a@example.org", "b@example.org")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is no calendar", id="nothing"),
        pytest.param(b"\xff\xfe\x00", "is no calendar", id="bytes"),
        pytest.param(calendar("UID:1\r\nSUMMARY:x"), "no DTSTART", id="no start"),
        pytest.param(calendar(event("DTEND:whenever")), "cannot be read", id="no end that is one"),
        pytest.param(calendar(event(DAY, "RRULE:FREQ=SECONDLY")), "not read", id="each second"),
        pytest.param(calendar(event(DAY, "RRULE:FREQ=HOURLY")), "not read", id="each hour"),
        pytest.param(calendar(event(DAY, "RRULE:FREQ=DAILY;BYSETPOS=9")), "not read", id="sets"),
        pytest.param(
            calendar(event(DAY, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY")), "not read", id="two rules"
        ),
        pytest.param(
            calendar(event(DAY, "RRULE:FREQ=DAILY;COUNT=1;BYDAY=0XX")), "cannot be read", id="no weekday"
        ),
        pytest.param(
            calendar(event(DAY, "RRULE:FREQ=DAILY;INTERVAL=0;BYMONTH=2")), "not read", id="never on"
        ),
        pytest.param(calendar(event(DAY, "RRULE:FREQ=DAILY;BYMONTHDAY=30")), "not read", id="days by day"),
        pytest.param(
            calendar(event(DAY, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")), "not read", id="30 February"
        ),
        pytest.param(calendar(event(DAY, "RRULE:FREQ=MONTHLY;BYDAY=6MO")), "not read", id="a sixth Monday"),
        pytest.param(
            calendar(event("DURATION:PT1H", "RRULE:FREQ=DAILY", start="VALUE=DATE-TIME:19000101T000000Z")),
            "before 1970",
            id="long ago",
        ),
        pytest.param(
            calendar(event("RDATE;VALUE=PERIOD:20261005T090000Z/PT1H")),
            "something else than times",
            id="periods",
        ),
        pytest.param(
            calendar(event("DURATION:P30D", start="VALUE=DATE-TIME:99991231T235959Z")),
            "cannot be read",
            id="the end",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(CalendarRefused, match=said):
        occurrences(content, BERLIN, START, END)


@pytest.mark.parametrize(
    ("bound", "events", "said"),
    [
        ("MAX_BYTES", 1, "bytes, more than"),
        ("MAX_EVENTS", 3, "events, more than"),
        ("MAX_RULES", 3, "events that recur"),
        ("MAX_OCCURRENCES", 1, "recurs more than"),
        ("MAX_OCCURRENCES", 3, "occurrences"),
    ],
)
def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, bound, events, said) -> None:
    count = {1: 3, 3: 2}[events] if bound == "MAX_OCCURRENCES" else 2
    content = calendar(*[event(DAY, f"RRULE:FREQ=DAILY;COUNT={count}", uid=str(n)) for n in range(events)])
    monkeypatch.setattr(recurring, bound, 2)
    with pytest.raises(CalendarRefused, match=said):
        occurrences(content, BERLIN, START, END)


def test_a_rule_that_seldom_comes_true_ends_soon() -> None:
    seldom = event(DAY, "RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTH=2;BYDAY=5MO")
    began = time.perf_counter()
    assert len(occurrences(calendar(seldom), BERLIN, START, END)) == 1, "the start itself counts"
    assert time.perf_counter() - began < 3
