"""An alert is taken: merged, classified, put to an incident; recorded and called before all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from tocsin.domain.alert import Alert, AlertReport
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.domain.clock import Clock
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.call import Call
from tocsin.flow.close import Close
from tocsin.flow.record import note, record
from tocsin.flow.respond import Respond
from tocsin.incidents import lifecycle
from tocsin.incidents.clock_policy import ClockPolicy
from tocsin.intake.detected import detected_report
from tocsin.intake.lease import RESOLVE_TIMEOUT, AlertRefused, Change, fingerprint_of, lapsed, merge
from tocsin.intake.quarantine import quarantine
from tocsin.triage.classify import Classified, classify
from tocsin.triage.joining import Join, Open, decide
from tocsin.triage.policy import TriagePolicy
from tocsin.triage.severities import SeverityWords

LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a body that could not be understood, and why."""

    body: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one body: reports accepted, parts quarantined, incidents touched."""

    accepted: int
    quarantined: tuple[Quarantined, ...]
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """The first chapter. Each public method is one transaction, or runs inside the caller's."""

    store: Store
    clock: Clock
    policy: TriagePolicy
    words: SeverityWords
    clocks: ClockPolicy
    call: Call
    respond: Respond
    close: Close

    def alerts(
        self,
        arrival: Arrival,
        reports: Sequence[AlertReport],
        unreadable: Sequence[Unreadable] = (),
        resolve_timeout: timedelta = RESOLVE_TIMEOUT,
    ) -> Taken:
        """Take every report of one body; what cannot be an alert is quarantined and the others go on."""
        now = self.clock.now()
        touched: dict[str, None] = {}
        refused = list(unreadable)
        changed = False
        with self.store.transaction() as shelves:
            for report in reports:
                try:
                    change, incident = self._take(shelves, report, now, resolve_timeout)
                except AlertRefused as problem:
                    refused.append(Unreadable(arrival.body, problem.explain()))
                    continue
                changed = changed or change is not Change.RESENT
                if incident is not None:
                    touched[incident.short_name] = None
            kept = tuple(self.set_aside(shelves, arrival, part) for part in refused)
            if changed or refused:
                shelves.arrivals.add(arrival)
        return Taken(len(reports) + len(unreadable) - len(refused), kept, tuple(touched))

    def detected(self, shelves: Shelves, alerts: Sequence[DetectedAlert]) -> None:
        """Take what our own detection found, inside the transaction that saves detection's state."""
        now = self.clock.now()
        for alert in alerts:
            self._take(shelves, detected_report(alert, now), now, RESOLVE_TIMEOUT)

    def lapse(self, shelves: Shelves, job: Job) -> None:
        """An alert's lease ran out without a resend: it is over. A moved lease is waited for anew."""
        now = self.clock.now()
        alert = shelves.alerts.latest(job.args["fingerprint"])
        if alert is None or alert.number != int(job.args["number"]):
            return
        if not lapsed(alert, now):
            self._watch_lease(shelves, alert)
            return
        self._resolved(shelves, alert, now)

    def set_aside(self, shelves: Shelves, arrival: Arrival, part: Unreadable) -> Quarantined:
        """Quarantine one part of an arrival with its reason."""
        kept = shelves.quarantine.add(
            quarantine(
                part.reason,
                connector=arrival.connector,
                source=arrival.source,
                body=part.body,
                received_at=arrival.received_at,
            )
        )
        note(
            shelves,
            Happening.QUARANTINED,
            at=arrival.received_at,
            subject=kept.short_name,
            facts={"connector": arrival.connector, "source": arrival.source, "reason": kept.reason},
        )
        return kept

    def _take(
        self, shelves: Shelves, report: AlertReport, now: datetime, resolve_timeout: timedelta
    ) -> tuple[Change, Incident | None]:
        fingerprint = fingerprint_of(report)
        shelves.lock(f"alert:{fingerprint}")
        merged = merge(report, shelves.alerts.latest(fingerprint), now, resolve_timeout)
        alert = self._keep(shelves, merged.alert, merged.change)
        if merged.change is Change.RESENT:
            return merged.change, None
        if merged.change is Change.RESOLVED:
            return merged.change, self._resolved(shelves, alert, now)
        return merged.change, self._put_to_incident(shelves, alert, now)

    def _keep(self, shelves: Shelves, alert: Alert, change: Change) -> Alert:
        if change is Change.NEW_EPISODE:
            alert = shelves.alerts.add(alert)
        else:
            shelves.alerts.save(alert)
        self._watch_lease(shelves, alert)
        return alert

    def _watch_lease(self, shelves: Shelves, alert: Alert) -> None:
        shelves.jobs.reschedule(
            Job(
                kind=LAPSE,
                key=f"{LAPSE}:{alert.fingerprint}",
                run_at=alert.ends_at,
                args={"fingerprint": alert.fingerprint, "number": str(alert.number)},
            )
        )

    def _put_to_incident(self, shelves: Shelves, alert: Alert, now: datetime) -> Incident | None:
        classified = classify(alert, self.policy, self.words)
        shelves.lock(f"group:{classified.group_key}")
        incident = shelves.incidents.active_in_group(classified.group_key)
        decision = decide(incident, classified, alert, now)
        if isinstance(decision, Open):
            return self._open(shelves, alert, classified, decision, now)
        if isinstance(decision, Join) and incident is not None:
            return self._join(shelves, incident, alert, decision, now)
        return None

    def _resolved(self, shelves: Shelves, alert: Alert, now: datetime) -> Incident | None:
        if alert.incident_id is None:
            return None
        incident = shelves.incidents.get(alert.incident_id)
        if incident is None or not incident.status.is_active:
            return incident
        incident = record(shelves, lifecycle.alert_resolved(incident, alert, now))
        firing = [a for a in shelves.alerts.of_incident(incident.incident_id) if not a.is_resolved(now)]
        return incident if firing else self.close.quiet(shelves, incident, now)

    def _open(
        self, shelves: Shelves, alert: Alert, classified: Classified, decision: Open, now: datetime
    ) -> Incident:
        opening = lifecycle.Opening(
            incident_id=uuid4(),
            number=shelves.incidents.next_number(),
            title=classified.title,
            severity=decision.severity,
            type=classified.type,
            group_key=classified.group_key,
            detected_at=alert.starts_at,
            description=classified.description,
            services=classified.services,
            reasons=(*classified.reasons, decision.reason),
            drill=alert.is_drill,
        )
        opened = lifecycle.open_incident(opening, now, self.clocks)
        shelves.incidents.add(opened.incident)
        incident = record(shelves, opened, {"alert": alert.short_name, "fingerprint": alert.fingerprint})
        shelves.alerts.save(replace(alert, incident_id=incident.incident_id))
        self.call.begin(shelves, incident, now)
        self.respond.begin(shelves, incident, now)
        return incident

    def _join(
        self, shelves: Shelves, incident: Incident, alert: Alert, decision: Join, now: datetime
    ) -> Incident:
        if alert.incident_id == incident.incident_id and decision.raise_to is None:
            return incident
        shelves.alerts.save(replace(alert, incident_id=incident.incident_id))
        joined = record(
            shelves, lifecycle.join(incident, alert, now, self.clocks, raise_to=decision.raise_to)
        )
        self.call.follow(shelves, incident, joined, now)
        self.respond.joined(shelves, joined, now)
        return joined
