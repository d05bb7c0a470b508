"""Report how the load is shared: hours, nights, weekends and holidays of each person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.local_time import instant
from tocsin.oncall.schedules.shifts import Shift

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
SATURDAY = 5
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One person's share. Hours of a night at a weekend count as both; `pages` are calls in the same time."""

    person: str
    shifts: int
    hours: float
    night_hours: float
    weekend_hours: float
    holiday_hours: float
    pages: int


def fairness(
    shifts: Iterable[Shift],
    zone: ZoneInfo,
    holidays: frozenset[date] = frozenset(),
    pages: Mapping[str, int] | None = None,
) -> tuple[Load, ...]:
    """Return the load of each person, the heaviest first. Nights (22:00 to 06:00), weekends and holidays are
    those of `zone`; hours are elapsed ones.
    """
    spans: dict[str, list[tuple[datetime, datetime]]] = {person: [] for person in pages or ()}
    for shift in shifts:
        spans.setdefault(shift.person, []).append((shift.start, shift.end))
    called = pages or {}
    loads = (_load(person, mine, zone, holidays, called.get(person, 0)) for person, mine in spans.items())
    return tuple(sorted(loads, key=lambda load: (-load.hours, -load.pages, load.person)))


def _load(
    person: str,
    spans: list[tuple[datetime, datetime]],
    zone: ZoneInfo,
    holidays: frozenset[date],
    pages: int,
) -> Load:
    whole, night, weekend, holiday = timedelta(), timedelta(), timedelta(), timedelta()
    for start, end in spans:
        whole += end - start
        for day, begins, ends in _days(start, end, zone):
            length = max(min(end, ends) - max(start, begins), timedelta())
            weekend += length if day.weekday() >= SATURDAY else timedelta()
            holiday += length if day in holidays else timedelta()
            dark = (instant(day, NIGHT_BEGINS, zone), instant(day + A_DAY, NIGHT_ENDS, zone))
            night += max(min(end, dark[1]) - max(start, dark[0]), timedelta())
    return Load(
        person=person,
        shifts=len(spans),
        hours=_hours(whole),
        night_hours=_hours(night),
        weekend_hours=_hours(weekend),
        holiday_hours=_hours(holiday),
        pages=pages,
    )


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield each local day from the one before the start, whose night may hold it, to the one of the end."""
    day = start.astimezone(zone).date() - A_DAY
    while (begins := instant(day, time(), zone)) < end:
        yield day, begins, instant(day + A_DAY, time(), zone)
        day += A_DAY


def _hours(length: timedelta) -> float:
    return round(length / timedelta(hours=1), 2)
