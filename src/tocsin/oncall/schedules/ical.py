"""Read who is on call from a calendar file of elsewhere, and holidays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.local_time import UTC_ZONE, instant
from tocsin.domain.person import Person
from tocsin.oncall.schedules.calendar_file import CalendarRefused, Imported
from tocsin.oncall.schedules.recurring import Occurrence, occurrences
from tocsin.oncall.schedules.schedule import FixedTurn

HOLIDAY_YEARS = (2020, 2050)
_WORD = re.compile(r"\w+")


def read_ical(
    content: bytes, people: Mapping[str, Person], zone: ZoneInfo, start: datetime, end: datetime
) -> Imported:
    """Read the events that touch `start` to `end` as turns. Raises `CalendarRefused`.

    A person is known by an attendee's address or by the summary: the username, the name or one of the
    addresses of the person, alone or as the only one among the summary's words.
    """
    known = _known(people)
    turns, unknown = [], {}
    for one in occurrences(content, zone, start, end):
        person = _person(one, known)
        if person is None:
            unknown[one.names[-1] if one.names else "(no name)"] = True
        else:
            turns.append(FixedTurn(start=one.start, end=one.end, person=person))
    return Imported(turns=tuple(turns), unknown=tuple(unknown))


def read_holidays(content: bytes) -> frozenset[date]:
    """Return the days that a calendar's events cover, from 2020 to 2049. Raises `CalendarRefused`."""
    first, last = (instant(date(year, 1, 1), time(), UTC_ZONE) for year in HOLIDAY_YEARS)
    days: set[date] = set()
    for one in occurrences(content, UTC_ZONE, first, last):
        length = one.end - one.start
        if length > timedelta(days=366):
            raise CalendarRefused(
                "A holiday lasts more than a year.",
                means="Nothing of the calendar was used.",
                next_step="Correct that event; each day off is an event of its own, or of some days.",
            )
        count = max(-(-length // timedelta(days=1)), 1)
        days.update(one.start.date() + timedelta(days=ahead) for ahead in range(count))
    return frozenset(days)


def _known(people: Mapping[str, Person]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for username, person in people.items():
        for name in (*(contact.address for contact in person.contacts), person.name, username):
            found[name.casefold()] = username
    return found


def _person(one: Occurrence, known: Mapping[str, str]) -> str | None:
    for name in one.names:
        if name.casefold() in known:
            return known[name.casefold()]
    words = f" {' '.join(_WORD.findall(one.names[-1].casefold()))} " if one.names else ""
    named = {username for name, username in known.items() if f" {_spaced(name)} " in words}
    return named.pop() if len(named) == 1 else None


def _spaced(name: Iterable[str]) -> str:
    return " ".join(_WORD.findall("".join(name)))
