"""Tests of reading business calendars."""

from __future__ import annotations

from datetime import date, time

import pytest

from tocsin.domain.calendar import Calendar
from tocsin.domain.pack_file import PackProblem, parse
from tocsin.oncall.schedules.calendars import read_calendars
from tocsin.oncall.schedules.ical import read_holidays

DAYS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    b"DTSTART;VALUE=DATE:20270101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
BERLIN = """\
berlin:
  zone: Europe/Berlin
  workdays: [mon, tue, sat]
  opens: "08:00"
  closes: "20:00"
  holidays: [2026-12-25]
  holiday_file: days.ics
plain: {}
"""


class File:
    """A calendar file that is read when it is asked."""

    def __init__(self, content: bytes) -> None:
        self.holidays = lambda: read_holidays(content)


def test_a_calendar_is_read_with_its_holidays() -> None:
    files = {"days.ics": File(DAYS)}
    found = read_calendars(parse(BERLIN, "oncall.yml"), files)
    assert found["plain"] == Calendar()
    berlin = found["berlin"]
    assert (berlin.zone.key, berlin.workdays) == ("Europe/Berlin", frozenset({0, 1, 5}))
    assert (berlin.opens, berlin.closes) == (time(8), time(20))
    assert berlin.holidays == {date(2026, 12, 25), date(2027, 1, 1)}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{a: {opens: '17:00', closes: '09:00'}}", "closes before it opens"),
        ("{a: {workdays: []}}", "there is no workday"),
        ("{a: {holiday_file: broken.ics}}", "`broken.ics` cannot be used: The file is no calendar"),
        ("{a: {holiday_file: none.ics}}", "`none.ics` is not possible here"),
    ],
)
def test_a_mistake_is_named(written: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        read_calendars(parse(written, "oncall.yml"), {"broken.ics": File(b"x")})
