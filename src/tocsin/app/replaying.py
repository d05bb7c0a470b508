"""Plays what was recorded through the chapters of the flow again, under other packs, calling nobody."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tocsin.app.policies import Policies
from tocsin.app.recorded import Act, HeardAlert, Recorded
from tocsin.app.replay_stage import Stage
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Status
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.call import ESCALATE, Call
from tocsin.flow.close import Close
from tocsin.flow.mute import Mute
from tocsin.flow.respond import Respond
from tocsin.flow.take import LAPSE, Take
from tocsin.triage.flapping import FLAPS, forgotten_before

MOST_PAGES = 100_000
"""Pages after which a replay stops: whoever would call so often has found out."""
_TIDY_EVERY = 256
_REASON = "as it was recorded"
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Ending:
    """The end of an alert becomes known."""

    heard: HeardAlert


_Turn = tuple[datetime, int, int, HeardAlert | Act | _Ending]
"""When something happened, what comes first at one instant (alerts, then acts), and its place in its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """One page of a replay. `alert` is the recorded number of the alert that opened the incident.

    `step` is 0 for the first.
    """

    at: datetime
    person: str
    role: str
    alert: int
    title: str
    severity: Severity
    policy: str
    step: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """All pages in the order they were sent. `stopped_at` is set where there were too many to go on."""

    pages: tuple[SentPage, ...]
    stopped_at: datetime | None = None


@dataclass(slots=True)
class _Replay:
    """One replay as it goes on. `numbers` leads from recorded alerts to those played, `names` back."""

    stage: Stage
    clock: PushedClock
    policies: Policies
    take: Take
    call: Call
    close: Close
    numbers: dict[int, int] = field(default_factory=dict)
    names: dict[int, int] = field(default_factory=dict)
    sent: list[SentPage] = field(default_factory=list)
    turns: int = 0

    def play(self, told: Recorded) -> datetime | None:
        """Play everything in its order; return when it stopped early, None if it came to the end."""
        for at, happened in _in_order(told):
            # A step and the end of a lease often fall on one instant; the step has waited for longer.
            if not self._pass(at, inclusive=isinstance(happened, _Ending)):
                return self.clock.now()
            if isinstance(happened, Act):
                self._act(happened)
            elif isinstance(happened, _Ending):
                self._report(happened.heard, happened.heard.alert.ends_at)
            else:
                self._hear(happened)
            self._gather()
        return None if self._pass(told.end) else self.clock.now()

    def _pass(self, until: datetime, *, inclusive: bool = False) -> bool:
        """Let time pass, and do what is due before an instant; False when there were too many pages."""
        while (job := self._next()) is not None and (
            job.run_at < until or (inclusive and job.run_at == until)
        ):
            self._push(job.run_at)
            self.stage.tables.jobs.pop(job.key)
            if job.kind == ESCALATE:
                self.call.escalate(self.stage.shelves, job)
            elif job.kind == LAPSE:
                self.take.lapse(self.stage.shelves, job)
            else:
                self.take.look_again(self.stage.shelves, job)
            self._gather()
            if len(self.sent) >= MOST_PAGES:
                return False
        self._push(until)
        return True

    def _next(self) -> Job | None:
        ready = (job for job in self.stage.tables.jobs.values() if job.state is JobState.READY)
        return min(ready, key=lambda job: job.run_at, default=None)

    def _push(self, to: datetime) -> None:
        self.clock.push(max(to - self.clock.now(), timedelta()))
        self.turns += 1
        if self.turns % _TIDY_EVERY == 0:
            before = forgotten_before(self.clock.now(), self.policies.noise.flapping)
            self.stage.tidy(self.clock.now(), before)

    def _hear(self, heard: HeardAlert) -> None:
        alert = heard.alert
        self._report(heard, alert.ends_at if _was_over(heard) else _NEVER)
        played = self.stage.shelves.alerts.latest(alert.fingerprint)
        if played is not None:
            self.numbers[alert.number] = played.number
            self.names[played.number] = alert.number

    def _report(self, heard: HeardAlert, ends_at: datetime) -> None:
        alert = heard.alert
        report = AlertReport(
            source=alert.source,
            labels=alert.labels,
            annotations=alert.annotations,
            starts_at=min(alert.starts_at, ends_at),
            ends_at=ends_at,
            generator_url=alert.generator_url,
            count=alert.count,
        )
        # A server forgets these now and then; here they are never older than they may be.
        calm_since = forgotten_before(self.clock.now(), self.policies.noise.flapping)
        self.stage.shelves.marks.drop_older(FLAPS, calm_since)
        self.take.own(self.stage.shelves, [report])

    def _act(self, act: Act) -> None:
        """Let a person do the same to every incident that any of those alerts is in here."""
        alerts = self.stage.tables.alerts
        played = (alerts.get(self.numbers.get(number, 0)) for number in act.alerts)
        for incident_id in dict.fromkeys(each.incident_id for each in played if each and each.incident_id):
            incident = self.stage.tables.incidents[incident_id]
            try:
                if act.kind is Happening.ACKNOWLEDGED and incident.status.is_active:
                    self.call.acknowledge(incident_id, act.actor)
                elif act.kind is Happening.ESCALATED:
                    self.call.escalate_now(incident_id, act.actor)
                elif act.kind is Happening.MOVED and act.to:
                    self.close.move(incident_id, Status(act.to), act.actor, _REASON)
                elif act.kind is Happening.SEVERITY_CHANGED and act.to:
                    self.close.change_severity(incident_id, Severity(act.to), act.actor, _REASON)
            except Explained:
                # Under these packs the incident stands elsewhere, and then it could not have been done.
                continue

    def _gather(self) -> None:
        new, self.stage.shelves.pages.new = self.stage.shelves.pages.new, []
        for page in new:
            incident = self.stage.tables.incidents[page.incident_id]
            first = self.stage.shelves.alerts.of_incident(page.incident_id)[0]
            self.sent.append(
                SentPage(
                    at=page.requested_at,
                    person=page.person,
                    role=page.role,
                    alert=self.names.get(first.number, 0),
                    title=incident.title,
                    severity=incident.severity,
                    policy=page.policy,
                    step=page.step,
                    reason=page.reason,
                )
            )


def replay(told: Recorded, policies: Policies, locker: EvidenceLocker) -> Replayed:
    """Return the pages that these packs would have sent in that time. `locker` is never written to.

    Alerts begin and end, and people act, when they really did. What a channel did with a message is not
    played: every page counts as accepted.
    """
    stage = Stage()
    begins = min([told.start, *(each.heard_at for each in told.alerts)])
    clock = PushedClock(begins)
    call = Call(stage, clock, policies.roster, b"")
    respond = Respond(stage, clock, locker)
    close = Close(stage, clock, policies.clocks, policies.triage, call)
    mute = Mute(policies.noise, policies.windows)
    take = Take(
        *(stage, clock, policies.triage, policies.words, policies.clocks, call, respond, close), mute=mute
    )
    for silence in told.silences:
        stage.shelves.silences.add(silence)
    for override in told.overrides:
        stage.shelves.overrides.add(override)
    played = _Replay(stage, clock, policies, take, call, close)
    stopped_at = played.play(told)
    pages = tuple(page for page in played.sent if page.at >= told.start)
    return Replayed(pages=pages, stopped_at=stopped_at)


def _in_order(told: Recorded) -> Iterator[tuple[datetime, HeardAlert | Act | _Ending]]:
    """Yield alerts, their ends and acts as they came; at one instant alerts come before acts."""
    ended = sorted(
        (each.ended_at, each.alert.number, each)
        for each in told.alerts
        if each.ended_at is not None and not _was_over(each)
    )
    heard: Iterator[_Turn] = ((each.heard_at, 0, place, each) for place, each in enumerate(told.alerts))
    ends: Iterator[_Turn] = ((at, 1, place, _Ending(each)) for place, (at, _, each) in enumerate(ended))
    acted: Iterator[_Turn] = ((each.at, 2, place, each) for place, each in enumerate(told.acts))
    for at, _, _, happened in heapq.merge(heard, ends, acted, key=lambda each: each[:3]):
        yield at, happened


def _was_over(heard: HeardAlert) -> bool:
    """Say whether the alert was over already when it was first heard of."""
    return heard.ended_at is not None and heard.ended_at <= heard.heard_at
