"""Who is on call now, until when, and who comes next, in words for the first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.oncall.roster import Roster
from tocsin.oncall.schedule import on_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One person's turn. `until` and `next_person` are None where there is no handover."""

    person: str
    name: str
    role: str
    until: datetime | None
    next_person: str | None


def duties(roster: Roster, now: datetime) -> tuple[Duty, ...] | None:
    """Return who is on call, the primary first; empty in a gap, None when there is no schedule at all."""
    if roster.schedule is None:
        return None
    turn = on_call(roster.schedule, now)
    if turn is None:
        return ()
    primary = Duty(
        person=turn.primary,
        name=_name(roster, turn.primary),
        role="primary",
        until=turn.until,
        next_person=_name(roster, turn.secondary) if turn.secondary else None,
    )
    if turn.secondary is None:
        return (primary,)
    secondary = Duty(
        person=turn.secondary,
        name=_name(roster, turn.secondary),
        role="secondary",
        until=turn.until,
        next_person=None,
    )
    return (primary, secondary)


def _name(roster: Roster, username: str) -> str:
    person = roster.people.get(username)
    return person.name if person else username
