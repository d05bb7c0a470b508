"""An incident is worked on and ended: notes, owner, severity, moves; quiet ones may end by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.domain.clock import Clock
from tocsin.domain.incident import Incident, Status
from tocsin.domain.job import Job
from tocsin.domain.person import is_username
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.severity import Severity
from tocsin.flow.call import Call
from tocsin.flow.record import held, record
from tocsin.flow.runs_wake import wake_all
from tocsin.incidents import clocks, lifecycle
from tocsin.incidents.changed import Changed
from tocsin.incidents.clock_policy import ClockPolicy
from tocsin.triage.policy import TriagePolicy


@dataclass(frozen=True, slots=True)
class Close:
    """The last chapter. Each public method is one transaction, or runs inside the caller's.

    `may_command` says whether somebody of this username has an account that may respond.
    """

    store: Store
    clock: Clock
    clocks: ClockPolicy
    triage: TriagePolicy
    call: Call
    may_command: Callable[[str], bool] = is_username

    def note(self, incident_id: UUID, actor: str, text: str) -> Incident:
        """Write a person's line into the timeline. Raises `NotFound`, `ReasonMissing`, `TextTooLong`."""
        return self._change(
            incident_id, lambda incident, now: lifecycle.note(incident, text, by=actor, now=now)
        )

    def assign(self, incident_id: UUID, to: str, actor: str) -> Incident:
        """Give the command to a person with an account. Raises `NotFound`, `MoveRefused`."""
        if not (is_username(to) and self.may_command(to)):
            raise lifecycle.UnknownCommander(to)
        return self._change(
            incident_id, lambda incident, now: lifecycle.assign(incident, to, by=actor, now=now)
        )

    def change_severity(
        self, incident_id: UUID, severity: Severity, actor: str, reason: str = ""
    ) -> Incident:
        """Rate the incident anew; a rise to a paging severity calls. Raises `NotFound`, `MoveRefused`."""
        return self._change(
            incident_id,
            lambda incident, now: lifecycle.change_severity(
                incident, severity, by=actor, now=now, policy=self.clocks, reason=reason
            ),
        )

    def move(self, incident_id: UUID, to: Status, actor: str, reason: str = "") -> Incident:
        """Move the incident along R1's states.

        Raises `NotFound`, `MoveRefused`, `ReasonMissing`, `OnlyPeopleClose`.
        """

        def moved(incident: Incident, now: datetime) -> Changed:
            is_theirs = self.triage.type_policy(incident.type).only_people_close and not incident.drill
            if is_theirs and not to.is_active and not lifecycle.is_by_person(actor):
                raise lifecycle.OnlyPeopleClose(incident, to, actor)
            return lifecycle.move(incident, to, by=actor, now=now, policy=self.clocks, reason=reason)

        return self._change(incident_id, moved)

    def quiet(self, shelves: Shelves, incident: Incident, now: datetime) -> Incident:
        """All alerts of the held incident are over: it ends by itself if its type allows."""
        policy = self.triage.type_policy(incident.type)
        changed = lifecycle.quiet(
            incident,
            all_alerts_over=True,
            resolve_when_quiet=policy.resolve_when_quiet,
            now=now,
            policy=self.clocks,
        )
        return self._recorded(shelves, incident, changed, now)

    def look_at_clock(self, shelves: Shelves, job: Job) -> None:
        """A clock of an incident is due: if nobody met it, the miss is recorded, once."""
        incident = held(shelves, UUID(job.args["incident"]))
        record(shelves, clocks.missed(incident, self.clock.now()))

    def _change(self, incident_id: UUID, decide: Callable[[Incident, datetime], Changed]) -> Incident:
        now = self.clock.now()
        with self.store.transaction() as shelves:
            incident = held(shelves, incident_id)
            return self._recorded(shelves, incident, decide(incident, now), now)

    def _recorded(self, shelves: Shelves, before: Incident, changed: Changed, now: datetime) -> Incident:
        incident = record(shelves, changed)
        self.call.follow(shelves, before, incident, now)
        if (before.status, before.severity) != (incident.status, incident.severity):
            wake_all(shelves, incident, now)
        return incident
