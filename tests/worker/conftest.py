"""A story from the flow's tests at work: the same chapters, driven by the real kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.job import Job
from tocsin.store.memory import MemoryStore
from tocsin.worker.kernel import Effect, Kernel, Lane, Transition

ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: pigeon, address: "the roof"}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: secondary}]
notices:
  - {channel: inbox, address: administrators, severities: [P1, P2, P3, P4], events: [opened, resolved]}
"""


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path: Path, clock: PushedClock, memory_store: MemoryStore) -> App:
    """Return an application in memory, with packs, lake, locker and signer on disk. Ben is on call."""
    pack = tmp_path / "home" / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    return build_app(load_settings({}, home=tmp_path / "home"), clock=clock, store=memory_store)


@dataclass
class Doings:
    """What a kernel did, and how it is told to go wrong."""

    done: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    fault: Exception | None = None

    def run(self, shelves: object, job: Job) -> None:
        self.act(job)

    def act(self, job: Job) -> object:
        if self.fault is not None:
            raise self.fault
        self.done.append(job.key)
        return f"{job.key} was done"


MakeKernel = Callable[..., Kernel]


@pytest.fixture
def doings() -> Doings:
    return Doings()


@pytest.fixture
def make_kernel(memory_store: MemoryStore, clock: PushedClock, doings: Doings) -> MakeKernel:
    """Return a maker of kernels with the kinds `turn` (a transition) and `send` (an effect)."""

    def make(owner: str = "worker-1", lanes: Sequence[Lane] | None = None) -> Kernel:
        def settle(shelves, job, outcome) -> None:
            assert outcome == f"{job.key} was done"
            shelves.jobs.finish(job.key, job.owner)

        def give_up(shelves, job, reason) -> None:
            doings.given_up.append(reason)

        send = Effect(act=doings.act, settle=settle, give_up=give_up)
        given = lanes or [Lane({"turn": Transition(doings.run)}, 4), Lane({"send": send}, 4)]
        return Kernel(memory_store, clock, given, owner, lease_s=30.0)

    return make


@pytest.fixture
def put(memory_store: MemoryStore) -> Callable[..., None]:
    """Return a function that puts jobs due after so many seconds."""

    def putting(*keys: str, kind: str = "send", after_s: float = 0) -> None:
        with memory_store.transaction() as shelves:
            for key in keys:
                shelves.jobs.put(Job(kind=kind, key=key, run_at=NOON + timedelta(seconds=after_s)))

    return putting


@pytest.fixture
def job_of(memory_store: MemoryStore) -> Callable[[str], Job]:
    """Return a function that looks a job up."""

    def found(key: str) -> Job:
        with memory_store.reading() as shelves:
            job = shelves.jobs.get(key)
        assert job is not None
        return job

    return found
