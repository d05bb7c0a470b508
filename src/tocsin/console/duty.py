"""Who is on call now, until when, and who comes next, in words for the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.override import Override
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import Turn, on_duty
from tocsin.oncall.schedules.schedule import Schedule

MOST_SCHEDULES = 8
"""So many schedules fit on the first page; the page of who is on call has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One person's turn. `until` and `next_person` are None where there is no handover.

    `schedule` is named where there are several. In a gap of one of those `person` is empty.
    """

    person: str
    name: str
    role: str
    until: datetime | None
    next_person: str | None
    schedule: str = ""


def duties(roster: Roster, now: datetime, overrides: Sequence[Override] = ()) -> tuple[Duty, ...] | None:
    """Return who is on call, the primary first; empty in a gap, None when there is no schedule at all.

    Of several schedules it is the primary of each.
    """
    if not roster.schedules:
        return None
    if len(roster.schedules) == 1:
        return _of_one(roster, next(iter(roster.schedules.values())), overrides, now)
    found = []
    for name, schedule in list(roster.schedules.items())[:MOST_SCHEDULES]:
        first = _of_one(roster, schedule, overrides, now)[:1]
        nobody = Duty(person="", name="", role="primary", until=None, next_person=None)
        found.append(replace(first[0] if first else nobody, schedule=name))
    return tuple(found)


def _of_one(
    roster: Roster, schedule: Schedule, overrides: Sequence[Override], now: datetime
) -> tuple[Duty, ...]:
    duty = on_duty(schedule, overrides, now)
    if duty.primary is None:
        return ()
    after = _name(roster, duty.secondary.person) if duty.secondary else None
    primary = _turn(roster, duty.primary, "primary", after)
    if duty.secondary is None:
        return (primary,)
    return (primary, _turn(roster, duty.secondary, "secondary", None))


def _turn(roster: Roster, turn: Turn, role: str, next_person: str | None) -> Duty:
    return Duty(
        person=turn.person,
        name=_name(roster, turn.person),
        role=role,
        until=turn.until,
        next_person=next_person,
    )


def _name(roster: Roster, username: str) -> str:
    person = roster.people.get(username)
    return person.name if person else username
