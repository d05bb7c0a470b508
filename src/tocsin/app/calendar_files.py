"""Reads and writes calendar files; what can is loaded when there is one, as that takes long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from zoneinfo import ZoneInfo

from tocsin.domain.person import Person
from tocsin.oncall.schedules.calendar_file import CalendarFile, Imported
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import Shift

_ROOM = "tocsin.oncall.schedules"


@dataclass(frozen=True, slots=True)
class OnFirstUse:
    """A calendar file that is parsed when a schedule asks for it. Raises `CalendarRefused`."""

    content: bytes

    def turns(self, people: Mapping[str, Person], zone: ZoneInfo, start: datetime, end: datetime) -> Imported:
        """Return the turns that touch a span."""
        read: Imported = import_module(f"{_ROOM}.ical").read_ical(self.content, people, zone, start, end)
        return read

    def holidays(self) -> frozenset[date]:
        """Return the days that its events cover."""
        read: frozenset[date] = import_module(f"{_ROOM}.ical").read_holidays(self.content)
        return read


def files_of(contents: Mapping[str, bytes]) -> Mapping[str, CalendarFile]:
    """Return what a schedule may name, by name."""
    return {name: OnFirstUse(content) for name, content in contents.items()}


def written(schedule: Schedule, shifts: Iterable[Shift], now: datetime) -> bytes:
    """Return shifts as a calendar."""
    calendar: bytes = import_module(f"{_ROOM}.feed").feed(schedule, shifts, now)
    return calendar
