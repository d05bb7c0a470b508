"""An alert is taken: merged, classified, put to an incident; recorded and called before all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from tocsin.flow.notify import Notify
from tocsin.flow.record import held, note, record
from tocsin.flow.respond import Respond
from tocsin.incidents import lifecycle
from tocsin.incidents.clock_policy import ClockPolicy
from tocsin.intake.detected import detected_report
from tocsin.intake.lease import RESOLVE_TIMEOUT, AlertRefused, Change, fingerprint_of, lapsed, merge
from tocsin.intake.quarantine import quarantine
from tocsin.triage.classify import Classified, classify
from tocsin.triage.joining import Join, Open, RecordOnly, decide
from tocsin.triage.policy import TriagePolicy
from tocsin.triage.severities import SeverityWords

LAPSE = "lapse"
TRIAGE = "triage"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a body that could not be understood, and why."""

    body: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Body:
    """What a connector read in one arrival. `resolve_timeout` is how long an alert without an end lives."""

    arrival: Arrival
    reports: Sequence[AlertReport]
    unreadable: Sequence[Unreadable] = ()
    resolve_timeout: timedelta = RESOLVE_TIMEOUT


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one body: reports accepted, parts quarantined, incidents touched."""

    accepted: int
    quarantined: tuple[Quarantined, ...]
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one report."""

    change: Change
    alert: Alert
    incident: Incident | None = None


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
    notify: Notify = field(default_factory=Notify)

    def alerts(
        self,
        arrival: Arrival,
        reports: Sequence[AlertReport],
        unreadable: Sequence[Unreadable] = (),
        resolve_timeout: timedelta = RESOLVE_TIMEOUT,
    ) -> Taken:
        """Take every report of one body; what cannot be an alert is quarantined and the others go on."""
        (taken,) = self.bodies((Body(arrival, reports, unreadable, resolve_timeout),))
        return taken

    def bodies(self, bodies: Sequence[Body]) -> tuple[Taken, ...]:
        """Take several bodies in one transaction, in order: many senders then share one commit."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            _hold_alerts(shelves, [report for body in bodies for report in body.reports])
            return tuple(self._take_body(shelves, body, now) for body in bodies)

    def detected(self, shelves: Shelves, alerts: Sequence[DetectedAlert]) -> None:
        """Take what our own detection found, inside the transaction that saves detection's state."""
        now = self.clock.now()
        self.own(shelves, [detected_report(alert, now) for alert in alerts])

    def own(self, shelves: Shelves, reports: Sequence[AlertReport]) -> None:
        """Take what we say ourselves, inside the caller's transaction."""
        now = self.clock.now()
        _hold_alerts(shelves, reports)
        self._told(shelves, [self._take(shelves, report, now, RESOLVE_TIMEOUT) for report in reports], now)

    def lapse(self, shelves: Shelves, job: Job) -> None:
        """An alert's lease ran out without a resend: it is over. A moved lease is waited for anew."""
        now = self.clock.now()
        alert = shelves.alerts.latest(job.args["fingerprint"])
        if alert is None or alert.number != int(job.args["number"]):
            return
        if lapsed(alert, now):
            self._resolved(shelves, alert, now)
            self.notify.heard(shelves, [alert], now)
        else:
            self._watch_lease(shelves, alert)

    def hold_for_lapse(self, shelves: Shelves, job: Job) -> None:
        """Hold the alert that a job is about, before its row in the job table is touched."""
        shelves.lock(_hold(job.args["fingerprint"]))

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

    def _take_body(self, shelves: Shelves, body: Body, now: datetime) -> Taken:
        touched: dict[str, None] = {}
        refused = list(body.unreadable)
        outcomes: list[_Outcome] = []
        for report in body.reports:
            try:
                outcomes.append(self._take(shelves, report, now, body.resolve_timeout))
            except AlertRefused as problem:
                refused.append(Unreadable(body.arrival.body, problem.explain()))
        touched.update((each.incident.short_name, None) for each in outcomes if each.incident is not None)
        changed = self._told(shelves, outcomes, now)
        kept = tuple(self.set_aside(shelves, body.arrival, part) for part in refused)
        if changed or refused:
            shelves.arrivals.add(body.arrival)
        return Taken(len(body.reports) + len(body.unreadable) - len(refused), kept, tuple(touched))

    def _take(
        self, shelves: Shelves, report: AlertReport, now: datetime, resolve_timeout: timedelta
    ) -> _Outcome:
        known = shelves.alerts.latest(fingerprint_of(report))
        merged = merge(report, known, now, resolve_timeout)
        alert = self._keep(shelves, merged.alert, known if merged.alert.number else None, now)
        if merged.change is Change.RESENT:
            return _Outcome(merged.change, alert)
        # One body may touch many groups; taken one by one, two bodies could wait for each other for ever.
        shelves.lock(TRIAGE)
        if merged.change is Change.RESOLVED:
            return _Outcome(merged.change, alert, self._resolved(shelves, alert, now))
        return _Outcome(merged.change, alert, self._put_to_incident(shelves, alert, merged.change, now))

    def _told(self, shelves: Shelves, outcomes: Sequence[_Outcome], now: datetime) -> bool:
        """Let receivers know of what changed; say whether anything did."""
        changed = [each.alert for each in outcomes if each.change is not Change.RESENT]
        if changed:
            self.notify.heard(shelves, changed, now)
        return bool(changed)

    def _keep(self, shelves: Shelves, alert: Alert, known: Alert | None, now: datetime) -> Alert:
        if known is None:
            alert = shelves.alerts.add(alert)
        elif alert != known:
            shelves.alerts.save(alert)
        was_over = known is not None and known.is_resolved(now)
        if alert.is_resolved(now) and was_over:
            # Its lease ran out before; if the lapse has not been looked at yet, it is what will end it.
            return alert
        if alert.is_resolved(now):
            shelves.jobs.drop(_lapse_key(alert))
        elif known is None or was_over or alert.ends_at < known.ends_at:
            # A lease that moved on needs no write: its job looks again when the old end has come.
            self._watch_lease(shelves, alert)
        return alert

    def _watch_lease(self, shelves: Shelves, alert: Alert) -> None:
        shelves.jobs.reschedule(
            Job(
                kind=LAPSE,
                key=_lapse_key(alert),
                run_at=alert.ends_at,
                args={"fingerprint": alert.fingerprint, "number": str(alert.number)},
            )
        )

    def _put_to_incident(
        self, shelves: Shelves, alert: Alert, change: Change, now: datetime
    ) -> Incident | None:
        classified = classify(alert, self.policy, self.words)
        active = shelves.incidents.active_in_group(classified.group_key)
        incident = held(shelves, active.incident_id) if active else None
        decision = decide(incident, classified, alert, now)
        if isinstance(decision, Open):
            return self._open(shelves, alert, classified, decision, now)
        if isinstance(decision, Join) and incident is not None:
            return self._join(shelves, incident, alert, decision, now)
        if isinstance(decision, RecordOnly) and change is Change.NEW_EPISODE:
            _note_recorded(shelves, alert, decision, now)
        return None

    def _resolved(self, shelves: Shelves, alert: Alert, now: datetime) -> Incident | None:
        if alert.incident_id is None:
            return None
        incident = held(shelves, alert.incident_id)
        if not incident.status.is_active:
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
        facts = {"alert": alert.short_name, "fingerprint": alert.fingerprint}
        incident = record(shelves, opened, facts, is_new=True)
        shelves.alerts.save(replace(alert, incident_id=incident.incident_id))
        self.call.begin(shelves, incident, now)
        self.respond.begin(shelves, incident, now)
        return incident

    def _join(
        self, shelves: Shelves, incident: Incident, alert: Alert, decision: Join, now: datetime
    ) -> Incident:
        if alert.incident_id == incident.incident_id:
            # Its severity counted when it joined; a person may have rated the incident lower since.
            self.respond.grew(shelves, incident, now)
            return incident
        shelves.alerts.save(replace(alert, incident_id=incident.incident_id))
        joined = record(
            shelves, lifecycle.join(incident, alert, now, self.clocks, raise_to=decision.raise_to)
        )
        self.call.follow(shelves, incident, joined, now)
        self.respond.joined(shelves, joined, now)
        return joined


def _hold_alerts(shelves: Shelves, reports: Sequence[AlertReport]) -> None:
    """Hold the alerts of a body, in one order for all bodies, so that no two wait for each other for ever."""
    for fingerprint in sorted({fingerprint_of(report) for report in reports}):
        shelves.lock(_hold(fingerprint))


def _hold(fingerprint: str) -> str:
    return f"alert:{fingerprint}"


def _lapse_key(alert: Alert) -> str:
    return f"{LAPSE}:{alert.fingerprint}"


def _note_recorded(shelves: Shelves, alert: Alert, decision: RecordOnly, now: datetime) -> None:
    """Write down why nobody is called for an alert."""
    facts = {"source": alert.source, "fingerprint": alert.fingerprint, "reason": decision.reason}
    note(shelves, Happening.ALERT_RECORDED, at=now, subject=alert.short_name, facts=facts)
