"""Write shifts as a calendar (RFC 5545) that people subscribe to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import Shift

PRODUCT = "-//Tocsin//On call//EN"
REFRESH = timedelta(hours=1)


def feed(schedule: Schedule, shifts: Iterable[Shift], now: datetime) -> bytes:
    """Return a calendar with one event a shift. `now` is when it was written.

    The UID of a shift stays the same as long as its person, its start and its cause do, so give whole shifts.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"On call: {schedule.name}")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for shift in shifts:
        event = Event()
        event.add("uid", uid(schedule, shift))
        event.add("dtstamp", now)
        event.add("dtstart", shift.start)
        event.add("dtend", shift.end)
        event.add("summary", f"{schedule.called(shift.person)} on call: {schedule.name}")
        event.add("description", f"By {shift.cause.text}.")
        event.add("transp", "TRANSPARENT")
        event.add("x-tocsin-person", shift.person)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def uid(schedule: Schedule, shift: Shift) -> str:
    """Return what names a shift for ever."""
    cause = shift.cause.override_id or shift.cause.layer
    whole = f"{schedule.name}\n{shift.person}\n{shift.start.isoformat()}\n{cause}"
    return f"{hashlib.sha256(whole.encode()).hexdigest()[:32]}@tocsin"
