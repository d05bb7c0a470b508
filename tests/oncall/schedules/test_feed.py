"""Tests of calendars that people subscribe to, expanded again by other libraries."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import recurring_ical_events

from tocsin.oncall.schedules.feed import feed, uid
from tocsin.oncall.schedules.shifts import whole_shifts


def test_other_libraries_read_the_same_shifts(layer, platform, override, hours, utc) -> None:
    office = layer("ada", name="office", restrictions=hours("01234", "09:00", "17:00"))
    schedule = platform(layer("ben dana", starts="2026-10-01"), office)
    cover = override("replace", "2026-11-20T12:00", "2026-11-22T12:00", "dana", reason="A; B, \\ C\nD")
    start, end = utc("2026-10-05T00:00"), utc("2026-12-20T00:00")
    shifts = whole_shifts(schedule, [cover], start, end)
    calendar = icalendar.Calendar.from_ical(feed(schedule, shifts, start))
    found = recurring_ical_events.of(calendar).between(start - timedelta(days=30), end + timedelta(days=30))
    told = sorted((one["DTSTART"].dt, one["DTEND"].dt, str(one["X-TOCSIN-PERSON"])) for one in found)
    assert told == sorted((shift.start, shift.end, shift.person) for shift in shifts)
    assert len(told) > 50
    assert len({str(one["UID"]) for one in found}) == len(shifts)
    (said,) = [one for one in found if "A; B" in str(one["DESCRIPTION"])]
    assert str(said["SUMMARY"]) == "Dana on call: platform"


def test_a_uid_stays_the_same_from_whenever_it_is_asked(layer, platform, utc) -> None:
    schedule = platform(layer())
    early = whole_shifts(schedule, (), utc("2026-11-17T00:00"), utc("2026-12-20T00:00"))
    late = whole_shifts(schedule, (), utc("2026-11-19T00:00"), utc("2026-12-10T00:00"))
    assert [uid(schedule, shift) for shift in late] == [uid(schedule, shift) for shift in early][: len(late)]


def test_an_empty_schedule_is_an_empty_calendar(platform, utc) -> None:
    written = feed(platform(), (), utc("2026-11-17T00:00"))
    assert written.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"VEVENT" not in written
