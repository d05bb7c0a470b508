"""Play an escalation through without calling anybody: who would be called when, by what, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.incident import Incident, Status
from tocsin.domain.override import Override
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.escalation import (
    At,
    Situation,
    Stopped,
    Taken,
    decide_step,
    first_step_at,
    needed,
)
from tocsin.oncall.notices import NoticeEvent
from tocsin.oncall.roster import Roster
from tocsin.oncall.routing import notices, route
from tocsin.oncall.waves import Wave

SOMEBODY = "somebody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What would open an incident, and when. `labels` are the alert's; the rest is triage's verdict.

    `acknowledged_after` is when as many people as are needed have acknowledged, None for never.
    """

    labels: Mapping[str, str]
    severity: Severity
    at: datetime
    type: str = "unknown"
    source: str = ""
    acknowledged_after: timedelta | None = None
    overrides: Sequence[Override] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPage:
    """One call that would be made. `reason` is what the person would be told; `step` is 0 for the first."""

    at: datetime
    policy: str
    step: int
    person: str
    role: str
    reason: str
    waves: tuple[Wave, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGap:
    """A target of a step that would lead to nobody, and why."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNotice:
    """One address that would be told without a call."""

    at: datetime
    event: NoticeEvent
    contact: Contact


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """How it would go, up to the acknowledgement or the end of the first round of the last policy.

    `ending` says in words what would follow.
    """

    policy: str
    why: str
    pages: list[PlannedPage] = field(default_factory=list)
    gaps: list[PlannedGap] = field(default_factory=list)
    told: list[PlannedNotice] = field(default_factory=list)
    ending: str = ""


def rehearse(roster: Roster, occasion: Occasion) -> Rehearsal:
    """Return how an incident would be called for by the file as it is."""
    labels = {**occasion.labels, "source_severity": occasion.labels.get("severity", "")}
    labels |= {"severity": occasion.severity.value, "type": occasion.type, "source": occasion.source}
    routed = route(roster, labels)
    stage = _Stage(roster, occasion, routed.tell, Rehearsal(policy=routed.policy, why=routed.why))
    stage.tell(NoticeEvent.OPENED, routed.tell, occasion.at)
    policy = roster.policy(routed.policy)
    due = first_step_at(policy, occasion.severity, occasion.at)
    if due is None:
        stage.played.ending = f"{occasion.severity.label} calls nobody by the policy {policy.name}."
    else:
        stage.play(At(policy=policy.name, step=0, started_at=occasion.at), due)
    return stage.played


@dataclass(frozen=True, slots=True)
class _Stage:
    """One rehearsal as it goes on. `rooms` are those that the routes name."""

    roster: Roster
    occasion: Occasion
    rooms: tuple[Contact, ...]
    played: Rehearsal

    def play(self, at: At, now: datetime) -> None:
        """Take step after step; a chain of policies that hand over has an end, and so has each round."""
        following: tuple[At, datetime] | None = (at, now)
        while following is not None:
            following = self._taken(*following)

    def _taken(self, at: At, now: datetime) -> tuple[At, datetime] | None:
        """Take one step; return the next one and when it is due, None at the end."""
        incident = self._incident(now)
        needs = needed(self.roster.policy(at.policy), incident.severity, at)
        answered = (SOMEBODY,) * needs if incident.acknowledged_at else ()
        situation = Situation(now=now, overrides=self.occasion.overrides, acknowledged_by=answered)
        decision = decide_step(self.roster, incident, at, situation)
        outcome = decision.outcome
        if isinstance(outcome, Taken):
            self._write(outcome, at, now)
            return (replace(at, step=at.step + 1), decision.next_step_at) if decision.next_step_at else None
        self.played.ending = outcome.reason
        if isinstance(outcome, Stopped) or outcome.next is None or outcome.next.round > 0:
            return None
        policy = self.roster.policy(outcome.next.policy)
        due = first_step_at(policy, self.occasion.severity, outcome.next.started_at)
        return outcome.next, max(due or now, now)

    def _write(self, taken: Taken, at: At, now: datetime) -> None:
        self.played.pages += [
            PlannedPage(
                at=now,
                policy=call.policy,
                step=call.step,
                person=call.person,
                role=call.role,
                reason=call.reason,
                waves=call.waves,
            )
            for call in taken.calls
        ]
        self.played.gaps += [PlannedGap(at=now, reason=missing.reason) for missing in taken.missing]
        if at.step > 0:
            self.tell(NoticeEvent.ESCALATED, (*self.rooms, *taken.tell), now)
            return
        known = {one.contact for one in self.played.told if one.event is NoticeEvent.OPENED}
        rooms = [one for one in taken.tell if one not in known]
        self.played.told += [PlannedNotice(at=now, event=NoticeEvent.OPENED, contact=one) for one in rooms]

    def tell(self, event: NoticeEvent, also: tuple[Contact, ...], now: datetime) -> None:
        """Write down who would be told of an event."""
        told = notices(self.roster, self._incident(now), event, also)
        self.played.told += [PlannedNotice(at=now, event=event, contact=one.contact) for one in told]

    def _incident(self, now: datetime) -> Incident:
        after = self.occasion.acknowledged_after
        incident = _incident(self.occasion)
        if after is None or now < self.occasion.at + after:
            return incident
        return replace(incident, acknowledged_at=self.occasion.at + after, acknowledged_by=SOMEBODY)


def _incident(occasion: Occasion) -> Incident:
    return Incident(
        incident_id=UUID(int=0),
        number=0,
        title="rehearsal",
        severity=occasion.severity,
        type=occasion.type,
        status=Status.OPEN,
        group_key="",
        detected_at=occasion.at,
        opened_at=occasion.at,
    )
