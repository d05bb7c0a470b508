"""Whose shifts another on-call file would change: from when until when, who was, who is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.domain.override import Override
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import Shift, shifts

AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftChange:
    """A time in which others are on call, first the primary; nobody where a side is empty."""

    schedule: str
    start: datetime
    end: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


def shift_changes(
    old: Mapping[str, Schedule],
    new: Mapping[str, Schedule],
    overrides: Iterable[Override],
    start: datetime,
) -> tuple[ShiftChange, ...]:
    """Return what changes within 30 days, by schedule and start."""
    overrides = tuple(overrides)
    end = start + AHEAD
    found: list[ShiftChange] = []
    for name in dict.fromkeys((*old, *new)):
        before, after = (
            shifts(those[name], overrides, start, end) if name in those else () for those in (old, new)
        )
        found += _differences(name, before, after)
    return tuple(found)


def hours_by_person(changes: Iterable[ShiftChange]) -> Mapping[str, float]:
    """Return how many hours of duty each person gains (less than zero: loses), by name."""
    hours: dict[str, float] = {}
    for change in changes:
        length = (change.end - change.start) / timedelta(hours=1)
        for person in change.after:
            hours[person] = hours.get(person, 0.0) + length
        for person in change.before:
            hours[person] = hours.get(person, 0.0) - length
    return {person: round(hours[person], 2) for person in sorted(hours) if round(hours[person], 2)}


def _differences(name: str, before: tuple[Shift, ...], after: tuple[Shift, ...]) -> list[ShiftChange]:
    edges = sorted({edge for each in (*before, *after) for edge in (each.start, each.end)})
    found: list[ShiftChange] = []
    for start, end in pairwise(edges):
        one = ShiftChange(
            schedule=name, start=start, end=end, before=_on(before, start), after=_on(after, start)
        )
        if one.before == one.after:
            continue
        last = found[-1] if found else None
        if last and (last.end, last.before, last.after) == (one.start, one.before, one.after):
            found[-1] = replace(last, end=one.end)
        else:
            found.append(one)
    return found


def _on(those: tuple[Shift, ...], at: datetime) -> tuple[str, ...]:
    return tuple(each.person for each in those if each.start <= at < each.end)
