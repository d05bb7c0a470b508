"""What an action still waits for, read from the shelves and decided by the engines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.action import Action, Door, StandingApproval
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.incident import Incident, Status
from tocsin.domain.ports.shelves import Shelves
from tocsin.evidence import gate
from tocsin.flow.act_ground import Ground, looked_at
from tocsin.response import approving, limits, standing, stops
from tocsin.response.stops import Stop

STOP = "response-stop"
"""The kind of mark that holds a stop."""
_COUNTED = timedelta(hours=24)
"""How far back actions are read for what one run has done; a run's own cap looks no further."""
_ACTIVE = tuple(status for status in Status if status.is_active)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What keeps an action from beginning. `standing` are consents in advance that would fill its roles."""

    is_looked_at: bool
    missing: tuple[gate.Missing, ...] = ()
    glass_is_broken: bool = False
    roles: tuple[str, ...] = ()
    standing: tuple[StandingApproval, ...] = ()
    limits: tuple[str, ...] = ()
    stop: Stop | None = None
    is_never: bool = False
    is_unanswered: bool = False

    @property
    def lacks_evidence(self) -> bool:
        """Say whether exhibits are missing and the glass is whole."""
        return bool(self.missing) and not self.glass_is_broken

    @property
    def takes_second(self) -> bool:
        """Say whether evidence counts only once one more person has consented."""
        return self.lacks_evidence and any(each.lack is gate.Lack.ONLY_WITH_A_SECOND for each in self.missing)

    @property
    def people(self) -> tuple[str, ...]:
        """Return the roles whose consent is missing, that for a gap in the evidence too."""
        return self.roles or ((approving.APPROVER,) if self.takes_second else ())

    @property
    def only_for_people(self) -> bool:
        """Say whether nothing but consent is missing."""
        return bool(self.roles) and not self._waits_for_others

    @property
    def is_over(self) -> bool:
        """Say whether the action may begin."""
        return not (self.roles or self._waits_for_others)

    @property
    def _waits_for_others(self) -> bool:
        held = self.limits or self.stop or self.is_never or self.is_unanswered
        return bool(self.lacks_evidence or held or not self.is_looked_at)

    @property
    def words(self) -> tuple[str, ...]:
        """Say what is missing, a sentence each."""
        said = [] if self.is_looked_at else ["What it touches has not been read from the partner yet."]
        if self.is_never:
            said.append("It is never done while an incident is open.")
        if self.is_unanswered:
            said.append("Nobody has acknowledged the incident yet, and nothing says so for them.")
        if self.stop is not None:
            said.append(f"{self.stop.by} stopped {self.stop.scope}: {self.stop.reason}.")
        if self.lacks_evidence:
            said += [f"Evidence is missing: {each.words}." for each in self.missing]
        said += [f"Consent is missing: {role}." for role in self.roles]
        if self.takes_second:
            said.append("A second consent is missing: two people, neither the proposer, let that count.")
        return (*said, *(f"A limit is reached: {each}." for each in self.limits))


def waits_of(ground: Ground, shelves: Shelves, incident: Incident, action: Action, now: datetime) -> Waits:
    """Return what an action that is proposed waits for now."""
    declaration = ground.performer(action.name).declaration
    begun = shelves.actions.begun_since(now - _COUNTED)
    exhibits = shelves.exhibits.of_incident(action.incident_id)
    roles, consents = _people(ground, shelves, incident, action, now)
    return Waits(
        is_looked_at=looked_at(shelves, action) is not None and bool(action.kept),
        missing=gate.missing(
            action.demands,
            exhibits,
            sealed_numbers(ground, shelves, exhibits, now),
            has_second_consent=approving.has_second_consent(action, now),
        ),
        glass_is_broken=gate.is_broken(ground.policy, action.break_glass),
        roles=roles,
        standing=consents,
        limits=()
        if action.undoes
        else limits.reasons_against(declaration, action.arguments, begun, action.run_id, now, ground.limits),
        stop=stop_for(ground, shelves, action),
        is_never=is_never(ground, shelves, action),
        is_unanswered=declaration.speaks_for_people
        and action.door is Door.RUNBOOK
        and incident.acknowledged_at is None,
    )


def sealed_numbers(
    ground: Ground, shelves: Shelves, exhibits: tuple[Exhibit, ...], now: datetime
) -> frozenset[int]:
    """Return the numbers of exhibits whose log entry is sealed."""
    return frozenset(
        each.number
        for each in exhibits
        if each.entry_id is not None and ground.is_sealed(shelves, each.entry_id, now)
    )


def stop_for(ground: Ground, shelves: Shelves, action: Action) -> Stop | None:
    """Return the stop that holds an action back."""
    run = shelves.runs.by_id(action.run_id) if action.run_id else None
    known = stops.read(shelves.marks.all(STOP))
    runbook = run.runbook_id if run else ""
    return stops.in_force(
        known, ground.performer(action.name).declaration.service, runbook, action.action_class
    )


def is_never(ground: Ground, shelves: Shelves, action: Action) -> bool:
    """Say whether an action is on the list of what is never done, and some incident is open."""
    names = ground.names(ground.performer(action.name).declaration)
    return ground.policy.forbids(names) and shelves.incidents.count(statuses=_ACTIVE) > 0


def _people(
    ground: Ground, shelves: Shelves, incident: Incident, action: Action, now: datetime
) -> tuple[tuple[str, ...], tuple[StandingApproval, ...]]:
    """Return the roles that still wait for somebody, and the standing approvals that fill the others."""
    roles = approving.lacking(action, ground.may_approve, now)
    if not roles or action.undoes:
        return roles, ()
    declaration = ground.performer(action.name).declaration
    fitting = standing.usable(
        shelves.actions.standing_for(declaration.name),
        declaration,
        action.arguments,
        incident.type,
        shelves.actions.begun_since(now - standing.HOUR),
        now,
    )
    used: list[StandingApproval] = []
    for each in fitting:
        tried = approving.with_standing(action, (*used, each), now)
        left = approving.lacking(tried, ground.may_approve, now)
        if len(left) < len(roles):
            roles, used = left, [*used, each]
    return roles, tuple(used)
