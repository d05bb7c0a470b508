"""Expand the events of a calendar file, rules and exceptions included, within bounds no file can exceed."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from tocsin.oncall.schedules.calendar_file import CalendarRefused

MAX_BYTES = 2_000_000
MAX_EVENTS = 10_000
MAX_RULES = 100
MAX_OCCURRENCES = 20_000
EARLIEST = 1970
LEAP_YEAR = 2028
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"})
_DIGITS = re.compile(r"\D")

Wall = tuple[datetime, tzinfo]
"""A reading of a wall clock, without a zone of its own, and the zone of that clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One event at one time, UTC. `names` are what may tell its person, the surest first."""

    start: datetime
    end: datetime
    names: tuple[str, ...]


def occurrences(content: bytes, zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Occurrence, ...]:
    """Return what touches `start` to `end`, sorted. `zone` is that of whole days and of times without a zone.

    An event with a RECURRENCE-ID takes the place of that occurrence of its UID; cancelled ones are left out.
    Raises `CalendarRefused` for what is no calendar, or is larger than the bounds above.
    """
    try:
        found = _expanded(_events(content), zone, start, end)
    except (ValueError, OverflowError) as error:
        raise _refused("The file is no calendar of RFC 5545, or an event of it cannot be read.") from error
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.names)))


def _expanded(events: list[Event], zone: ZoneInfo, start: datetime, end: datetime) -> list[Occurrence]:
    movers = (event for event in events if _moves(event))
    moved = {(_text(one, "UID"), _instant(_wall(one, "RECURRENCE-ID", zone))) for one in movers}
    found: list[Occurrence] = []
    for event in events:
        if _text(event, "STATUS").upper() == "CANCELLED":
            continue
        for begins, ends in _times(event, zone, end):
            is_moved = not _moves(event) and (_text(event, "UID"), begins) in moved
            if begins < min(end, ends) and ends > start and not is_moved:
                found.append(Occurrence(start=begins, end=ends, names=_names(event)))
        if len(found) > MAX_OCCURRENCES:
            raise _refused(f"The calendar has more than {MAX_OCCURRENCES} occurrences.")
    return found


def _events(content: bytes) -> list[Event]:
    if len(content) > MAX_BYTES:
        raise _refused(f"The calendar has {len(content)} bytes, more than {MAX_BYTES}.")
    calendar = Calendar.from_ical(content)
    events = [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]
    if len(events) > MAX_EVENTS:
        raise _refused(f"The calendar has {len(events)} events, more than {MAX_EVENTS}.")
    if sum("RRULE" in one for one in events) > MAX_RULES:
        raise _refused(f"The calendar has more than {MAX_RULES} events that recur.")
    return events


def _times(event: Event, zone: ZoneInfo, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return when the event begins and ends, each time up to `until`.

    What recurs keeps its local time and its local length over changes of clocks.
    """
    begins, clock = _wall(event, "DTSTART", zone)
    ends = _end(event, (begins, clock), zone)
    if "RRULE" not in event and "RDATE" not in event:
        return ((_instant((begins, clock)), _instant(ends)),)
    length = _seen_in(ends, clock) - begins
    walls = {begins, *_by_rule(event, begins, clock, until)}
    walls |= {_seen_in(one, clock) for one in _listed(event, "RDATE", zone)}
    left_out = {_instant(one) for one in _listed(event, "EXDATE", zone)}
    found = ((_instant((one, clock)), _instant((one + length, clock))) for one in sorted(walls))
    return tuple(one for one in found if one[0] not in left_out)


def _by_rule(event: Event, begins: datetime, clock: tzinfo, until: datetime) -> Iterator[datetime]:
    if "RRULE" not in event:
        return
    if begins.year < EARLIEST:
        raise _refused(f"A recurring event begins before {EARLIEST}.")
    parts = _rule(event["RRULE"])
    last = _seen_in((until.replace(tzinfo=None), UTC), clock)
    limit = parts.pop("UNTIL", None)
    if limit:
        last = min(last, _last(limit[0], clock))
    written = ";".join(f"{name}={','.join(str(one) for one in value)}" for name, value in parts.items())
    for count, one in enumerate(islice(rrulestr(written, dtstart=begins), MAX_OCCURRENCES + 1)):
        if one > last:
            return
        if count == MAX_OCCURRENCES:
            raise _refused(f"An event recurs more than {MAX_OCCURRENCES} times.")
        yield one


def _rule(rule: Any) -> dict[str, list[Any]]:
    """Return the parts of a rule, if it is one that soon ends even where it never gives an occurrence."""
    parts = {} if isinstance(rule, list) else {str(name).upper(): value for name, value in rule.items()}
    frequency = str((parts.get("FREQ") or [""])[0]).upper()
    if frequency not in _FREQUENCIES or not set(parts) <= _PARTS or not _can_come_true(parts, frequency):
        raise _refused("An event recurs by a rule that is not read, such as by the hour or by weeks.")
    return parts


def _can_come_true(parts: dict[str, list[Any]], frequency: str) -> bool:
    """Keep out steps of no length, and days that no month has: the search for one would go on to the end."""
    days = [abs(int(day)) for day in parts.get("BYMONTHDAY", [])]
    months = [int(month) for month in parts.get("BYMONTH", range(1, 13))]
    if days and frequency not in ("MONTHLY", "YEARLY"):
        return False
    fits = not days or any(1 <= day <= monthrange(LEAP_YEAR, month)[1] for day in days for month in months)
    ordinals = [int(_DIGITS.sub("", str(day)) or 1) for day in parts.get("BYDAY", [])]
    return fits and parts.get("INTERVAL", [1])[0] >= 1 and all(1 <= one <= 5 for one in ordinals)


def _last(limit: date, clock: tzinfo) -> datetime:
    """Return the last wall clock reading that UNTIL allows; one without a zone is local."""
    if not isinstance(limit, datetime):
        return datetime.combine(limit, time(23, 59, 59))
    return limit if limit.tzinfo is None else limit.astimezone(clock).replace(tzinfo=None)


def _end(event: Event, begins: Wall, zone: ZoneInfo) -> Wall:
    if "DTEND" in event:
        return _wall(event, "DTEND", zone)
    length = getattr(event.get("DURATION"), "dt", None)
    if isinstance(length, timedelta):
        return begins[0] + length, begins[1]
    is_day = not isinstance(getattr(event["DTSTART"], "dt", None), datetime)
    return begins[0] + timedelta(days=int(is_day)), begins[1]


def _wall(event: Event, name: str, zone: ZoneInfo) -> Wall:
    value = getattr(event.get(name), "dt", None)
    if not isinstance(value, date):
        raise _refused(f"An event has no {name} that can be read.")
    return _clock_of(value, zone)


def _listed(event: Event, name: str, zone: ZoneInfo) -> tuple[Wall, ...]:
    lists = event.get(name, [])
    found = []
    for one in lists if isinstance(lists, list) else [lists]:
        for value in getattr(one, "dts", ()):
            if not isinstance(value.dt, date):
                raise _refused(f"An event lists something else than times in {name}.")
            found.append(_clock_of(value.dt, zone))
    return tuple(found)


def _clock_of(value: date, zone: ZoneInfo) -> Wall:
    if not isinstance(value, datetime):
        return datetime.combine(value, time()), zone
    return value.replace(tzinfo=None), value.tzinfo or zone


def _instant(wall: Wall) -> datetime:
    """Return the instant by the rule of `local_time.instant`, for any kind of zone."""
    return wall[0].replace(tzinfo=wall[1], fold=0).astimezone(UTC)


def _seen_in(wall: Wall, clock: tzinfo) -> datetime:
    """Return what another clock shows at that instant."""
    return wall[0] if wall[1] is clock else _instant(wall).astimezone(clock).replace(tzinfo=None, fold=0)


def _names(event: Event) -> tuple[str, ...]:
    attendees = event.get("ATTENDEE", [])
    listed = attendees if isinstance(attendees, list) else [attendees]
    mails = [str(one).lower().removeprefix("mailto:") for one in listed]
    return tuple(name for name in (_text(event, "X-TOCSIN-PERSON"), *mails, _text(event, "SUMMARY")) if name)


def _moves(event: Event) -> bool:
    return "RECURRENCE-ID" in event


def _text(event: Event, name: str) -> str:
    return str(event.get(name, ""))[:200]


def _refused(happened: str) -> CalendarRefused:
    return CalendarRefused(
        happened,
        means="Nothing of the calendar was used.",
        next_step="Export it again with daily to yearly rules, for a shorter time, or in several files.",
    )
