"""Say who is on call at an instant: the primary, the secondary, everybody, until when and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from tocsin.domain.override import Override
from tocsin.oncall.schedules.schedule import FixedLayer, Schedule
from tocsin.oncall.schedules.shifts import Segment, walk

_LOOKED_AHEAD = 64
"""How many changes of a schedule are looked through for the end of a turn; an override can split it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One person's turn. `until` is UTC; `why` continues a sentence such as "Ben is on call by …"."""

    person: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is on call. In a gap all are None and empty; `everybody` begins with the primary."""

    primary: Turn | None
    secondary: Turn | None
    everybody: tuple[Turn, ...]


def on_duty(schedule: Schedule, overrides: Iterable[Override], at: datetime) -> Duty:
    """Return who is on call at an instant. `overrides` may be those of all schedules.

    The secondary is the primary of the schedule's `backup`, else the next in the rotation of the layer that
    gives the primary; never the primary, and nobody whom an override has just taken off.
    """
    overrides = tuple(overrides)
    segments = walk(schedule, overrides, at)
    now = next(segments)
    untils = _untils(now, islice(segments, _LOOKED_AHEAD))
    everybody = tuple(
        Turn(person=place.person, until=until, why=place.cause.text)
        for place, until in zip(now.placed.places, untils, strict=True)
    )
    primary = everybody[0] if everybody else None
    if schedule.backup is not None:
        secondary = _backup(schedule.backup, overrides, at, primary)
    else:
        secondary = _next_in_rotation(schedule, now, everybody)
    return Duty(primary=primary, secondary=secondary, everybody=everybody)


def _untils(now: Segment, later: Iterable[Segment]) -> tuple[datetime, ...]:
    """Return for each place of `now` when its turn ends."""
    untils = {place.turn: now.end for place in now.placed.places}
    running = set(untils)
    for segment in later:
        running &= {place.turn for place in segment.placed.places}
        if not running:
            break
        untils.update(dict.fromkeys(running, segment.end))
    return tuple(untils.values())


def _backup(
    backup: Schedule, overrides: tuple[Override, ...], at: datetime, primary: Turn | None
) -> Turn | None:
    duty = on_duty(backup, overrides, at)
    first = primary.person if primary else None
    return next((turn for turn in (*duty.everybody, duty.secondary) if turn and turn.person != first), None)


def _next_in_rotation(schedule: Schedule, now: Segment, everybody: tuple[Turn, ...]) -> Turn | None:
    if not everybody:
        return None
    if now.layer is None or now.turn is None:
        return everybody[1] if len(everybody) > 1 else None
    number = now.turn.number
    if isinstance(now.layer, FixedLayer):
        order = [turn.person for turn in now.layer.turns[number:]]
    else:
        people = now.layer.people
        order = [people[(number + ahead) % len(people)] for ahead in range(len(people))]
    away = now.placed.off | {everybody[0].person}
    person = next((one for one in order if one not in away), None)
    if person is None:
        return None
    why = f"the rotation in layer “{now.layer.name}” of schedule “{schedule.name}”, as the next in turn"
    return Turn(person=person, until=everybody[0].until, why=why)
