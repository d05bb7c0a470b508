"""Find the persons behind a target of a step, and say in words why it is them or why there is nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.override import Override
from tocsin.domain.person import Contact
from tocsin.oncall.people import ADMINISTRATORS, INBOX
from tocsin.oncall.policies import Target, TargetKind
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import Turn, on_duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One whom a target leads to. `person` None: there is nobody, and `why` says so."""

    person: str | None
    why: str
    contacts: tuple[Contact, ...] = ()


def whom(
    roster: Roster, target: Target, overrides: Sequence[Override], now: datetime, *, practice: bool
) -> tuple[Found, ...]:
    """Return everybody behind a target, at least one entry.

    Practice reaches only a person's Inbox, never a phone or a channel outside.
    """
    if target.kind in (TargetKind.PRIMARY, TargetKind.SECONDARY):
        return (_by_schedule(roster, target, overrides, now, practice=practice),)
    if target.kind is TargetKind.PERSON:
        return (_person(roster, target.name, f"the step names %s in {roster.path}.", practice=practice),)
    team = roster.teams.get(target.name)
    if team is None:
        return (Found(person=None, why=f"there is no team {target.name} in {roster.path} any more."),)
    if target.kind is TargetKind.LEAD:
        if team.lead is None:
            return (Found(person=None, why=f"the team {team.name} has no lead in {roster.path}."),)
        said = f"%s leads the team {team.name} ({roster.path})."
        return (_person(roster, team.lead, said, practice=practice),)
    said = f"%s is in the team {team.name} ({roster.path})."
    return tuple(_person(roster, member, said, practice=practice) for member in team.members)


def _by_schedule(
    roster: Roster, target: Target, overrides: Sequence[Override], now: datetime, *, practice: bool
) -> Found:
    schedule = roster.schedules.get(target.name)
    if schedule is None:
        named = "no schedule" if not roster.schedules else f"no schedule {target.name}"
        return Found(
            person=ADMINISTRATORS,
            why=f"{roster.path} has {named}, so the page goes to the administrators' Inbox.",
            contacts=(Contact(channel=INBOX, address=ADMINISTRATORS),),
        )
    duty = on_duty(schedule, overrides, now)
    turn = duty.primary if target.kind is TargetKind.PRIMARY else duty.secondary
    if turn is None:
        return Found(person=None, why=_nobody(target, schedule.name, duty.primary))
    until = turn.until.astimezone(schedule.zone)
    said = f"%s is {target.kind} on call until {until:%Y-%m-%d %H:%M} {schedule.zone.key}, by {turn.why}."
    return _person(roster, turn.person, said, practice=practice)


def _nobody(target: Target, schedule: str, primary: Turn | None) -> str:
    if primary is None:
        return f"nobody is on call by the schedule “{schedule}” now."
    return f"there is no {target.kind} in the schedule “{schedule}”, only {primary.person} is on call."


def _person(roster: Roster, username: str, said: str, *, practice: bool) -> Found:
    """A person without a way to be reached is named, never skipped in silence."""
    person = roster.people.get(username)
    contacts = person.contacts if person else ()
    if practice:
        contacts = (Contact(channel=INBOX, address=username),)
    if person is None:
        return Found(person=None, why=f"{said % username} But {username} is not in {roster.path}.")
    if not contacts:
        return Found(person=None, why=f"{said % person.name} But there is no contact in {roster.path}.")
    return Found(person=username, why=said % person.name, contacts=contacts)
