"""A runbook calls or tells people by name: once for one key, and the timeline says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import uuid4

from tocsin.domain.errors import Explained
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.call import Call
from tocsin.flow.record import tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall.escalation import LAST_PATIENCE
from tocsin.oncall.escalation import Call as PersonCalled
from tocsin.oncall.policies import DEFAULT_SCHEDULE, PolicyStep, Target, TargetKind
from tocsin.oncall.roster import Roster
from tocsin.oncall.waits import Wait
from tocsin.oncall.waves import chosen_by, spoken, waves
from tocsin.oncall.whom import Found, whom

ON_CALL = "oncall"
PAGE, NOTIFY = "page", "notify"
_SHIFT_AT_MOST = timedelta(days=62)
_AT_ONCE = PolicyStep(after=Wait())
_TOLD_NOTHING = "A runbook wants you to know of it."


class NobodyMeant(Explained):
    """No name of those to be called or told leads to anybody who can be reached."""

    code: ClassVar[str] = "nobody_meant"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"Nobody is behind {', '.join(names)[:200] or 'no name at all'}.",
            means="Nobody was called or told.",
            next_step="Name a person, a team or a schedule of oncall.yml, or `oncall`, and try again.",
        )


@dataclass(frozen=True, slots=True)
class Summon:
    """Pages and notifies by name, inside the caller's transaction. The incident must be held."""

    call: Call

    def page(
        self, shelves: Shelves, incident: Incident, names: Sequence[str], text: str, key: str, now: datetime
    ) -> tuple[str, ...]:
        """Page everybody behind the names, each once; return who is called.

        A key that was used does nothing. Raises `NobodyMeant`.
        """
        if self.was_called(shelves, incident, PAGE, text, key):
            return ()
        people: dict[str, PersonCalled] = {}
        for name, found in self._found(shelves, incident, names, now):
            if found.person is not None:
                people.setdefault(found.person, self._called(incident, name, found, text, now))
        if not people:
            raise NobodyMeant(names)
        for called in people.values():
            self.call.paging.page(shelves, incident, called, now)
        self._say(shelves, incident, PAGE, tuple(people), text, key, now)
        return tuple(people)

    def notify(
        self, shelves: Shelves, incident: Incident, names: Sequence[str], text: str, key: str, now: datetime
    ) -> tuple[str, ...]:
        """Tell everybody behind the names by the first of their contacts; return who is told.

        A key that was used does nothing. Raises `NobodyMeant`.
        """
        if self.was_called(shelves, incident, NOTIFY, text, key):
            return ()
        found = [each for _, each in self._found(shelves, incident, names, now) if each.contacts]
        people = tuple(dict.fromkeys(each.person for each in found if each.person))
        if not people:
            raise NobodyMeant(names)
        contacts = dict.fromkeys(each.contacts[0] for each in found)
        self.call.telling.say(shelves, incident, tuple(contacts), text or _TOLD_NOTHING, now)
        self._say(shelves, incident, NOTIFY, people, text, key, now)
        return people

    def was_called(self, shelves: Shelves, incident: Incident, how: str, text: str, key: str) -> bool:
        """Say whether the timeline tells of it: by its key, or, without one, by what was said."""
        lines = (each.text for each in shelves.timeline.of_incident(incident.incident_id))
        if key:
            return any(each.endswith(f"[{how} {key}]") for each in lines)
        return any(f"[{how} " in each and text in each for each in lines)

    def _found(
        self, shelves: Shelves, incident: Incident, names: Sequence[str], now: datetime
    ) -> Iterator[tuple[str, Found]]:
        overrides = shelves.overrides.between(now, now + _SHIFT_AT_MOST)
        for name in names:
            target = target_of(self.call.roster, name)
            for found in whom(self.call.roster, target, overrides, now, practice=incident.drill):
                yield name, found

    def _called(self, incident: Incident, name: str, found: Found, text: str, now: datetime) -> PersonCalled:
        person, roster = found.person or "", self.call.roster
        rules = roster.rules.get(person)
        planned = waves(found.contacts, rules, incident.severity, _AT_ONCE, LAST_PATIENCE)
        return PersonCalled(
            step=0,
            policy=incident.policy,
            person=person,
            role=name,
            reason=f"{incident.short_name}: a runbook calls {name}: {found.why} {text}".strip(),
            acknowledge_by=now + LAST_PATIENCE,
            waves=planned,
            how=f"{chosen_by(person, rules, incident.severity, _AT_ONCE)} {spoken(planned)}",
        )

    def _say(
        self,
        shelves: Shelves,
        incident: Incident,
        how: str,
        people: tuple[str, ...],
        text: str,
        key: str,
        now: datetime,
    ) -> None:
        """Write down who was called or told; the line's end is how a repeat is recognised."""
        did = "calls" if how == PAGE else "tells"
        told = f"A runbook {did} {', '.join(people)}. {text}".strip()
        entry = line(incident, Happening.NOTE, f"{told} [{how} {key or uuid4()}]", by=TOCSIN, now=now)
        tell(shelves, incident, entry)


def target_of(roster: Roster, name: str) -> Target:
    """Return whom a name means: `oncall`, a schedule, a team, `TEAM-lead`, or else a person."""
    if name == ON_CALL:
        return Target(kind=TargetKind.PRIMARY, name=DEFAULT_SCHEDULE)
    if name in roster.people:
        return Target(kind=TargetKind.PERSON, name=name)
    if name in roster.teams:
        return Target(kind=TargetKind.EVERYBODY, name=name)
    team = name.removesuffix("-lead")
    if team != name and team in roster.teams:
        return Target(kind=TargetKind.LEAD, name=team)
    kind = TargetKind.PRIMARY if name in roster.schedules else TargetKind.PERSON
    return Target(kind=kind, name=name)
