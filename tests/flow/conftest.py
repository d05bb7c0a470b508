"""One whole story in memory: Ben is on call, Ada is next, and time moves only when it is pushed."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import pytest

from nouns import NOON
from tocsin.audit.leaf import decode
from tocsin.domain.alert import Alert, AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.clock import PushedClock
from tocsin.domain.entry import Entry
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Delivery, Page
from tocsin.domain.ports.delivery import DeliveryFailed, Receipt
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import TimelineEntry
from tocsin.flow.admitting import Stored
from tocsin.flow.call import ESCALATE, Call
from tocsin.flow.close import Close
from tocsin.flow.collect import Collected
from tocsin.flow.deliver import Deliver, NotNeeded, Outgoing
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.flow.record import CLOCK
from tocsin.flow.respond import COLLECT, Respond
from tocsin.flow.take import LAPSE, Take, Taken
from tocsin.incidents.clock_policy import parse_clocks
from tocsin.oncall.follow_ups import Manners
from tocsin.oncall.roster import parse_roster
from tocsin.store.memory import MemoryStore
from tocsin.triage.policy import parse_policy
from tocsin.triage.severities import parse_severities

ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}, {channel: smtp, address: ben@example.org}]}
  ada: {name: Ada, contacts: [{channel: slack, address: "@ada"}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: primary}, {after: 10m, page: secondary}]
  P2: [{after: 0m, page: primary}, {after: 30m, page: secondary}]
notices:
  - {channel: slack, address: "#incidents", severities: [P1, P2, P3]}
"""
TRIAGE = """
defaults: {severity: P3, group_by: [service], services_from: [service]}
types:
  service-degradation: {resolve_when_quiet: true}
  security: {resolve_when_quiet: false}
  unknown: {resolve_when_quiet: true}
rules:
  - {name: attacks, when: {labels: ['team = security']}, type: security}
clocks:
  P1: {acknowledge: 5m, engage: 15m, review: [48h]}
  P2: {acknowledge: 30m, review: [48h]}
  P3: {}
  P4: {}
"""
WORDS = "common: {words: {critical: P1, high: P2, medium: P3, low: P4, debug: none}}"


class MemoryLocker:
    """An evidence locker in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, content: BinaryIO) -> tuple[str, int]:
        read = content.read()
        digest = sha256(read).hexdigest()
        self.kept[digest] = read
        return digest, len(read)

    def open(self, digest: str) -> BinaryIO:
        if digest not in self.kept:
            raise NotFound("Nothing lies there.", means="It is gone.", next_step="Look elsewhere.")
        return io.BytesIO(self.kept[digest])

    def digest_of(self, digest: str) -> str | None:
        return sha256(self.kept[digest]).hexdigest() if digest in self.kept else None

    def destroy(self, digest: str) -> bool:
        return self.kept.pop(digest, None) is not None


@dataclass
class Story:
    """The five chapters over one store, and what a test asks of them."""

    store: Store
    clock: PushedClock
    locker: MemoryLocker
    call: Call
    close: Close
    respond: Respond
    take: Take
    deliver: Deliver

    def hear(self, *reports: AlertReport, body: bytes | None = None, **given: Any) -> Taken:
        """Take reports as one body."""
        body = body if body is not None else repr(reports).encode()
        arrival = Arrival(
            arrival_id=uuid4(),
            connector="alertmanager.api",
            source="prometheus",
            key=sha256(body).hexdigest(),
            received_at=self.clock.now(),
            body=body,
        )
        return self.take.alerts(arrival, reports, **given)

    def push(self, seconds: float) -> None:
        """Let time pass in steps, doing our own transitions as they become due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (due := self._next(end)) is not None:
            self.clock.push(max(due - self.clock.now(), timedelta()))
            self.transitions()
        self.clock.push(end - self.clock.now())

    def _next(self, end: datetime) -> datetime | None:
        ready = [job.run_at for job in self.jobs() if job.kind in (ESCALATE, LAPSE, CLOCK, LOOK_AGAIN)]
        return min((at for at in ready if at <= end), default=None)

    def transitions(self) -> None:
        """Do what is due now, once each."""
        doings: Mapping[str, Callable[[Shelves, Job], None]] = {
            ESCALATE: self.call.escalate,
            LAPSE: self.take.lapse,
            LOOK_AGAIN: self.take.look_again,
            CLOCK: self.close.look_at_clock,
        }
        for job in self.claim(*doings):
            with self.store.transaction() as shelves:
                # One that was dropped by another of the same moment is not done any more.
                if shelves.jobs.finish(job.key, job.owner):
                    doings[job.kind](shelves, job)

    def claim(self, *kinds: str) -> tuple[Job, ...]:
        with self.store.transaction() as shelves:
            return shelves.jobs.claim(kinds, "worker-1", self.clock.now(), 30.0, 100)

    def collect(self) -> None:
        """Run the collectors that are due."""
        for job in self.claim(COLLECT):
            with self.store.reading() as shelves:
                collected = self.respond.collect(shelves, job)
            assert isinstance(collected, Collected)
            digest, size = self.locker.keep(io.BytesIO(collected.content))
            with self.store.transaction() as shelves:
                self.respond.settle(shelves, [Stored(collected.deposit, digest, size)])
                shelves.jobs.finish(job.key, job.owner)

    def outgoing(self, job: Job) -> Outgoing | NotNeeded:
        with self.store.reading() as shelves:
            return self.deliver.outgoing(shelves, job)

    def settle(self, job: Job, outcome: Receipt | DeliveryFailed | NotNeeded) -> None:
        with self.store.transaction() as shelves:
            self.deliver.settle(shelves, job, outcome)

    def jobs(self, state: JobState = JobState.READY) -> tuple[Job, ...]:
        with self.store.reading() as shelves:
            return shelves.jobs.listed(state, 1000)

    def incident(self, number: int = 1) -> Incident:
        with self.store.reading() as shelves:
            found = shelves.incidents.by_number(number)
        assert found is not None
        return found

    def incidents(self) -> tuple[Incident, ...]:
        with self.store.reading() as shelves:
            return shelves.incidents.listed()

    def alert(self, number: int = 1) -> Alert:
        with self.store.reading() as shelves:
            found = shelves.alerts.get(number)
        assert found is not None
        return found

    def pages(self, number: int = 1) -> tuple[Page, ...]:
        with self.store.reading() as shelves:
            return shelves.pages.of_incident(self._id(shelves, number))

    def deliveries(self, number: int = 1) -> tuple[Delivery, ...]:
        with self.store.reading() as shelves:
            return shelves.pages.deliveries_of(self._id(shelves, number))

    def timeline(self, number: int = 1) -> tuple[TimelineEntry, ...]:
        with self.store.reading() as shelves:
            return shelves.timeline.of_incident(self._id(shelves, number))

    def kinds(self, number: int = 1) -> list[str]:
        """Return the kinds of the incident's lines, in order."""
        return [entry.kind.value for entry in self.timeline(number)]

    def log(self) -> Sequence[Entry]:
        """Return the log's entries, decoded, in order."""
        with self.store.transaction() as shelves:
            shelves.log.sequence()
            return [decode(one.content) for one in shelves.log.leaves(0, shelves.log.size())]

    @staticmethod
    def _id(shelves: Shelves, number: int) -> Any:
        found = shelves.incidents.by_number(number)
        assert found is not None
        return found.incident_id


def make_story(
    store: Store, clock: PushedClock, oncall: str = ONCALL, manners: Manners | None = None
) -> Story:
    """Put the chapters together as the composition root does."""
    triage, clocks = parse_policy(TRIAGE, "triage.yml"), parse_clocks(TRIAGE, "triage.yml")
    call = Call(store, clock, parse_roster(oncall, "oncall.yml"), b"k" * 32, manners or Manners())
    locker = MemoryLocker()
    respond = Respond(store, clock, locker)
    close = Close(store, clock, clocks, triage, call)
    words = parse_severities(WORDS, "severities.yml")
    take = Take(store, clock, triage, words, clocks, call, respond, close)
    deliver = Deliver(store, clock, call, "https://tocsin.example", 3)
    return Story(store, clock, locker, call, close, respond, take, deliver)


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def story(memory_store: MemoryStore, clock: PushedClock) -> Story:
    return make_story(memory_store, clock)


@pytest.fixture
def told_story(memory_store: MemoryStore, clock: PushedClock) -> Callable[..., Story]:
    """Return a maker of stories with an on-call file of the test's own, and channels with manners."""

    def make(oncall: str, manners: Manners | None = None) -> Story:
        return make_story(memory_store, clock, oncall, manners)

    return make


@pytest.fixture
def patient_story(memory_store: MemoryStore, clock: PushedClock) -> Story:
    """The same, but the first call of a P1 waits two minutes."""
    return make_story(memory_store, clock, ONCALL.replace("P1: [{after: 0m,", "P1: [{after: 2m,"))


@pytest.fixture
def postgres_story(postgres_store: Store, clock: PushedClock) -> Story:
    return make_story(postgres_store, clock)


@pytest.fixture
def report(clock: PushedClock) -> Callable[..., AlertReport]:
    """Return a maker of reports: a critical alert of the shop, which fires for four minutes."""

    def make(seconds: float | None = 240, **labels: str) -> AlertReport:
        now = clock.now()
        return AlertReport(
            source="prometheus",
            labels={"alertname": "ShopDown", "service": "shop", "severity": "critical", **labels},
            annotations={"summary": "Nobody can buy"},
            starts_at=NOON - timedelta(minutes=1),
            ends_at=None if seconds is None else now + timedelta(seconds=seconds),
        )

    return make


@pytest.fixture
def drilled() -> Callable[[AlertReport], AlertReport]:
    """Return the same report as practice."""
    return lambda real: replace(real, source="detection:drill")


@pytest.fixture
def packs() -> Path:
    return Path(__file__).resolve().parents[2] / "packs"
