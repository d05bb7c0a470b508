"""An alert is taken: merged, classified, put to an incident; recorded and called before all else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
from tocsin.flow.gather import Gathering, Heard
from tocsin.flow.mute import Mute, verdict
from tocsin.flow.notify import Notify
from tocsin.flow.record import note
from tocsin.flow.respond import Respond
from tocsin.flow.runs_triggers import Triggers
from tocsin.incidents.clock_policy import ClockPolicy
from tocsin.intake.detected import detected_report
from tocsin.intake.lease import (
    RESOLVE_TIMEOUT,
    AlertRefused,
    Change,
    Merged,
    fingerprint_of,
    lapsed,
    merge,
)
from tocsin.intake.quarantine import quarantine
from tocsin.triage.classify import classify
from tocsin.triage.flapping import Flaps
from tocsin.triage.noise import Muted, Noise
from tocsin.triage.policy import TriagePolicy
from tocsin.triage.severities import SeverityWords

LAPSE = "lapse"
TRIAGE = "triage"
LAPSES_AT_ONCE = 500


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
class _Given:
    """One report of a batch, the body it came in (by place), and the fingerprint it is merged under."""

    report: AlertReport
    body: int
    fingerprint: str
    resolve_timeout: timedelta


@dataclass(slots=True)
class _Outcome:
    """What became of the reports of one body."""

    accepted: int = 0
    has_changed: bool = False
    refused: list[Unreadable] = field(default_factory=list)
    incidents: dict[str, None] = field(default_factory=dict)

    def touched(self, incident: Incident | None) -> None:
        """An alert of the body was new or changed, and perhaps so was an incident."""
        self.has_changed = True
        if incident is not None:
            self.incidents[incident.short_name] = None


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
    mute: Mute = field(default_factory=Mute)
    triggers: Triggers = field(default_factory=Triggers)

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
        given = [
            _Given(_timed(report, body.arrival), place, fingerprint_of(report), body.resolve_timeout)
            for place, body in enumerate(bodies)
            for report in body.reports
        ]
        with self.store.transaction() as shelves:
            _hold_alerts(shelves, given)
            outcomes = self._taken(shelves, given, [body.arrival.body for body in bodies], now)
            return tuple(
                self._settled(shelves, body, outcome) for body, outcome in zip(bodies, outcomes, strict=True)
            )

    def detected(self, shelves: Shelves, alerts: Sequence[DetectedAlert]) -> None:
        """Take what our own detection found, inside the transaction that saves detection's state."""
        now = self.clock.now()
        self.own(shelves, [detected_report(alert, now) for alert in alerts])

    def own(self, shelves: Shelves, reports: Sequence[AlertReport]) -> None:
        """Take what we say ourselves, inside the caller's transaction. Raises `AlertRefused`."""
        given = [_Given(report, 0, fingerprint_of(report), RESOLVE_TIMEOUT) for report in reports]
        _hold_alerts(shelves, given)
        (outcome,) = self._taken(shelves, given, [b""], self.clock.now())
        if outcome.refused:
            raise ValueError(f"an alert of our own cannot be one: {outcome.refused[0].reason}")

    def lapse(self, shelves: Shelves, job: Job) -> None:
        """Leases ran out without a resend: those alerts are over. The job then waits for the next end."""
        now = self.clock.now()
        ended = self._ended_unseen(shelves, now)
        if ended:
            shelves.lock(TRIAGE)
            gathering = self._gathering(shelves, now)
            self._end(shelves, gathering, ended)
            # Where one has begun anew meanwhile, receivers must not hear of the old end after the beginning.
            latest = shelves.alerts.latest_of([alert.fingerprint for alert in ended])
            still = [each for each in ended if latest[each.fingerprint].number == each.number]
            self.notify.heard(shelves, still, now)
        following = shelves.alerts.next_lapse()
        if following is not None:
            shelves.jobs.reschedule(_lapse_at(max(following, now)))

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

    def _taken(
        self, shelves: Shelves, given: Sequence[_Given], bodies: Sequence[bytes], now: datetime
    ) -> list[_Outcome]:
        outcomes = [_Outcome() for _ in bodies]
        for part in _parts(given):
            self._take_part(shelves, part, bodies, outcomes, now)
        return outcomes

    def _take_part(
        self,
        shelves: Shelves,
        given: Sequence[_Given],
        bodies: Sequence[bytes],
        outcomes: Sequence[_Outcome],
        now: datetime,
    ) -> None:
        """Take reports of different fingerprints; what is known of them is read and written at once."""
        known = shelves.alerts.latest_of([each.fingerprint for each in given])
        merged = list(_merged(given, known, bodies, outcomes, now))
        resent = [one.alert for _, one in merged if one.change is Change.RESENT]
        shelves.alerts.renew([alert for alert in resent if alert != known[alert.fingerprint]])
        changed = [(each, one) for each, one in merged if one.change is not Change.RESENT]
        if changed:
            # One body may touch many groups; taken one by one, two bodies could wait for each other for ever.
            shelves.lock(TRIAGE)
            touched = self._gather(shelves, [one for _, one in changed], known, now)
            for (each, _), incident in zip(changed, touched, strict=True):
                outcomes[each.body].touched(incident)
        self._watch_leases(shelves, [one.alert.ends_at for _, one in merged], now)

    def _gather(
        self, shelves: Shelves, merged: Sequence[Merged], known: Mapping[str, Alert], now: datetime
    ) -> list[Incident | None]:
        """Put what changed to its incidents; return for each the incident it touched."""
        gathering = self._gathering(shelves, now)
        changed = [one for one in merged if one.change is not Change.RESOLVED]
        new = [one.alert for one in changed if one.change is Change.NEW_EPISODE]
        flaps = self.mute.flaps(shelves, new, known, now)
        by_print: dict[str, Alert] = {}
        # Those that may mute others are kept first, so that the others are judged by them.
        for part in self._sources_first(changed):
            noise = self.mute.noise(shelves, now)
            heard = [self._heard(one, noise, flaps.get(one.alert.fingerprint), now) for one in part]
            by_print.update((alert.fingerprint, alert) for alert in gathering.hear(heard))
            self._look_at_the_end_of(shelves, heard)
        ended = [one.alert for one in merged if one.change is Change.RESOLVED]
        by_print.update((alert.fingerprint, alert) for alert in self._end(shelves, gathering, ended))
        stored = [by_print[one.alert.fingerprint] for one in merged]
        self.notify.heard(shelves, stored, now)
        return [gathering.incident_of(alert) for alert in stored]

    def _sources_first(self, merged: Sequence[Merged]) -> list[Sequence[Merged]]:
        sources = [one for one in merged if self.mute.may_inhibit(one.alert)]
        others = [one for one in merged if not self.mute.may_inhibit(one.alert)]
        return [part for part in (sources, others) if part]

    def _heard(self, one: Merged, noise: Noise, flaps: Flaps | None, now: datetime) -> Heard:
        is_new = one.change is Change.NEW_EPISODE
        # An episode that is over when it is first heard of has no end that would have to be looked at.
        alert = replace(
            one.alert,
            inhibits=one.alert.inhibits or self.mute.may_inhibit(one.alert),
            over=one.alert.over or (is_new and one.alert.is_resolved(now)),
        )
        classified = classify(alert, self.policy, self.words)
        judged = verdict(noise, alert, classified, flaps, now)
        if isinstance(judged, Muted):
            return Heard(alert=alert, classified=classified, is_new=is_new, muted=judged)
        remark = judged.reason if is_new else ""
        return Heard(alert=alert, classified=classified, is_new=is_new, remark=remark)

    def look_again(self, shelves: Shelves, job: Job) -> None:
        """What muted alerts may have ended: those that nothing mutes any more are heard now."""
        now = self.clock.now()
        page = shelves.alerts.muted(LAPSES_AT_ONCE, after=int(job.args.get("after", "0")))
        shelves.lock_all(sorted(_hold(alert.fingerprint) for alert in page))
        shelves.lock(TRIAGE)
        held = (shelves.alerts.get(alert.number) for alert in page)
        muted = [each for each in held if each is not None and each.muted_by and not each.is_resolved(now)]
        noise = self.mute.noise(shelves, now)
        flaps = self.mute.known_flaps(shelves, muted)
        judged = [
            self._heard(Merged(alert=each, change=Change.UPDATED), noise, flaps.get(each.fingerprint), now)
            for each in muted
        ]
        self._gathering(shelves, now).hear([each for each in judged if _is_other(each)])
        self._look_at_the_end_of(shelves, judged)
        if len(page) == LAPSES_AT_ONCE:
            # One page a transaction: no lock of an alert may be asked for while the lock of triage is held.
            self.mute.look_at(shelves, now, after=page[-1].number)

    def _look_at_the_end_of(self, shelves: Shelves, heard: Sequence[Heard]) -> None:
        for until in {each.muted.until for each in heard if each.muted is not None}:
            self.mute.look_at(shelves, until)

    def _end(self, shelves: Shelves, gathering: Gathering, alerts: Sequence[Alert]) -> list[Alert]:
        ended = [replace(alert, over=True) for alert in alerts]
        for alert in ended:
            shelves.alerts.save(alert)
        gathering.ended(ended)
        if any(alert.inhibits for alert in ended):
            self.mute.look_at(shelves, self.clock.now())
        return ended

    def _gathering(self, shelves: Shelves, now: datetime) -> Gathering:
        return Gathering(shelves, now, self.clocks, self.call, self.respond, self.close, self.triggers)

    def _ended_unseen(self, shelves: Shelves, now: datetime) -> list[Alert]:
        """Return alerts that have ended, held, as they stand once nobody else can change them."""
        found = shelves.alerts.lapsed(now, LAPSES_AT_ONCE)
        shelves.lock_all(sorted({_hold(alert.fingerprint) for alert in found}))
        held = (shelves.alerts.get(alert.number) for alert in found)
        return [alert for alert in held if alert is not None and not alert.over and lapsed(alert, now)]

    def _settled(self, shelves: Shelves, body: Body, outcome: _Outcome) -> Taken:
        refused = [*body.unreadable, *outcome.refused]
        kept = tuple(self.set_aside(shelves, body.arrival, part) for part in refused)
        if outcome.has_changed or refused:
            shelves.arrivals.add(body.arrival)
        return Taken(outcome.accepted, kept, tuple(outcome.incidents))

    def _watch_leases(self, shelves: Shelves, ends: Sequence[datetime], now: datetime) -> None:
        """See to it that a job waits for the first of these leases to run out; it looks after all others."""
        first = min((end for end in ends if end > now), default=None)
        if first is None:
            return
        planned = shelves.jobs.next_due((LAPSE,)).get(LAPSE)
        if planned is None or first < planned:
            # Never by changing the job that waits: who looks at ends holds it, and then waits for our alerts.
            shelves.jobs.put(_lapse_at(first))


def _timed(report: AlertReport, arrival: Arrival) -> AlertReport:
    """An alert without any time began when it arrived, however long it waited for its turn."""
    if report.starts_at is None and report.ends_at is None:
        return replace(report, starts_at=arrival.received_at)
    return report


def _merged(
    given: Sequence[_Given],
    known: Mapping[str, Alert],
    bodies: Sequence[bytes],
    outcomes: Sequence[_Outcome],
    now: datetime,
) -> Iterator[tuple[_Given, Merged]]:
    """Merge each report into what is known; what cannot be an alert is written down as refused."""
    for each in given:
        try:
            one = merge(each.report, known.get(each.fingerprint), now, each.resolve_timeout)
        except AlertRefused as problem:
            outcomes[each.body].refused.append(Unreadable(bodies[each.body], problem.explain()))
        else:
            outcomes[each.body].accepted += 1
            yield each, one


def _parts(given: Sequence[_Given]) -> Iterator[Sequence[_Given]]:
    """Cut a batch where a fingerprint comes again, so that each part names an alert once."""
    part: dict[str, _Given] = {}
    for each in given:
        if each.fingerprint in part:
            yield tuple(part.values())
            part = {}
        part[each.fingerprint] = each
    if part:
        yield tuple(part.values())


def _hold_alerts(shelves: Shelves, given: Sequence[_Given]) -> None:
    """Hold the alerts of a batch, in one order for all, so that no two wait for each other for ever."""
    shelves.lock_all(sorted({_hold(each.fingerprint) for each in given}))


def _hold(fingerprint: str) -> str:
    return f"alert:{fingerprint}"


def _lapse_at(at: datetime) -> Job:
    return Job(kind=LAPSE, key=f"{LAPSE}:{at.isoformat()}", run_at=at)


def _is_other(heard: Heard) -> bool:
    """Say whether a muted alert is muted no more, or by something else."""
    return heard.muted is None or heard.muted.reason != heard.alert.muted_by
