"""Who is on call now, until when, and who comes next, in words for the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.override import Override
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import Turn, on_duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One person's turn. `until` and `next_person` are None where there is no handover."""

    person: str
    name: str
    role: str
    until: datetime | None
    next_person: str | None


def duties(roster: Roster, now: datetime, overrides: Sequence[Override] = ()) -> tuple[Duty, ...] | None:
    """Return who is on call, the primary first; empty in a gap, None when there is no schedule at all."""
    if roster.schedule is None:
        return None
    duty = on_duty(roster.schedule, overrides, now)
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
