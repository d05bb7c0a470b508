"""Compare minute by minute who is on call by an export with who is by what was made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.override import Override
from tocsin.oncall.imports.carried import Carried, CarriedSchedule, Rendered
from tocsin.oncall.schedules.asking import Asker, Known, overridden
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import shifts

A_MINUTE = timedelta(minutes=1)
People = frozenset[str]
OnCall = Callable[[str, datetime], People]
"""Says who is on call by a schedule (the other product's key) at a minute, in the other product's keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Between two instants other people are on call: `theirs` by the export, `ours` by what it became."""

    schedule: str
    start: datetime
    end: datetime
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One schedule compared. `rendered` of the `minutes` were known from shifts in the export itself."""

    schedule: str
    minutes: int
    rendered: int
    differences: tuple[Difference, ...]


def compare(
    carried: Carried, schedules: Mapping[str, Schedule], rules: OnCall, start: datetime, length: timedelta
) -> tuple[Compared, ...]:
    """Compare every schedule for every minute of a span.

    `schedules` are those that were read from the written file; `rules` is the other product's rules, read
    independently. Where the export has shifts that the product itself computed, those count instead.
    """
    start = start.replace(second=0, microsecond=0)
    minutes = tuple(start + number * A_MINUTE for number in range(length // A_MINUTE))
    overrides = overrides_of(carried, schedules, start)
    return tuple(
        _compared(one, carried, [schedules[ours.name] for ours in one.ours], overrides, rules, minutes)
        for one in carried.schedules
    )


def overrides_of(carried: Carried, schedules: Mapping[str, Schedule], now: datetime) -> tuple[Override, ...]:
    """Return the overrides as they would be made now, in the order of the export."""
    known = Known(schedules=schedules, people={one.person.username for one in carried.people})
    asker = Asker(name=carried.system, person=None, may_command=True)
    return tuple(
        overridden(wish, asker, known, now, UUID(int=number)) for number, wish in enumerate(carried.overrides)
    )


def _compared(
    one: CarriedSchedule,
    carried: Carried,
    ours: Sequence[Schedule],
    overrides: Sequence[Override],
    rules: OnCall,
    minutes: Sequence[datetime],
) -> Compared:
    names = {person.key: person.person.username for person in carried.people}
    known = _rendered([each for each in carried.rendered if each.schedule == one.key], minutes)
    theirs = [
        said if said is not None else frozenset(names.get(key, key) for key in rules(one.key, minute))
        for minute, said in zip(minutes, known, strict=True)
    ]
    return Compared(
        schedule=one.name,
        minutes=len(minutes),
        rendered=sum(said is not None for said in known),
        differences=tuple(_differences(one.name, minutes, theirs, _ours(ours, overrides, minutes))),
    )


def _rendered(entries: Sequence[Rendered], minutes: Sequence[datetime]) -> list[People | None]:
    """Return who is on call by the shifts of the export; None before the first and after the last of them."""
    if not entries:
        return [None] * len(minutes)
    first, last = min(one.start for one in entries), max(one.end for one in entries)
    held = _laid(((one.start, one.end, one.person) for one in entries), minutes)
    return [people if first <= minute < last else None for minute, people in zip(minutes, held, strict=True)]


def _ours(
    schedules: Sequence[Schedule], overrides: Sequence[Override], minutes: Sequence[datetime]
) -> list[People]:
    end = minutes[-1] + A_MINUTE
    found = [shift for one in schedules for shift in shifts(one, overrides, minutes[0], end)]
    return _laid(((one.start, one.end, one.person) for one in found), minutes)


def _laid(spans: Iterable[tuple[datetime, datetime, str]], minutes: Sequence[datetime]) -> list[People]:
    """Return who is there at each minute."""
    held: list[People] = [frozenset()] * len(minutes)
    for start, end, person in spans:
        first = max(-((minutes[0] - start) // A_MINUTE), 0)
        last = min(-((minutes[0] - end) // A_MINUTE), len(minutes))
        for number in range(first, last):
            held[number] |= {person}
    return held


def _differences(
    schedule: str, minutes: Sequence[datetime], theirs: Sequence[People], ours: Sequence[People]
) -> Iterable[Difference]:
    """Yield the spans of minutes in which they differ in the same way."""
    began: datetime | None = None
    for number, minute in enumerate(minutes):
        here = (theirs[number], ours[number])
        if here[0] == here[1]:
            continue
        if began is None or number == 0 or (theirs[number - 1], ours[number - 1]) != here:
            began = minute
        after = (theirs[number + 1], ours[number + 1]) if number + 1 < len(minutes) else None
        if after != here:
            yield Difference(
                schedule=schedule,
                start=began,
                end=minute + A_MINUTE,
                theirs=tuple(sorted(here[0])),
                ours=tuple(sorted(here[1])),
            )
