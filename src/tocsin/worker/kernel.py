"""The job kernel: claims what is due and runs it, as a fenced transition or as a repeatable effect."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any

from tocsin.domain.clock import Clock
from tocsin.domain.errors import Overloaded
from tocsin.domain.fence import HoldLost, check_hold, fenced
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.worker.leases import Leases
from tocsin.worker.places import PATIENCE_S, Places

log = logging.getLogger("tocsin.worker")

LONGEST_REST_S = 1.0
RETRY_STEP = timedelta(seconds=5)
FAULTS_UNTIL_DEAD = 20


@dataclass(frozen=True, slots=True)
class Transition:
    """A job that only changes our own state: it and its completion commit together, so it happens once.

    `hold` takes the locks that `run` needs before the job's own row is touched, in the order all others do.
    """

    run: Callable[[Shelves, Job], None]
    hold: Callable[[Shelves, Job], None] = lambda shelves, job: None


@dataclass(frozen=True, slots=True)
class Effect:
    """A job that acts outside: `prepare` reads what is needed, `act` calls the partner, `settle` records.

    `act` receives what `prepare` returned (the job itself by default) in a thread of the pool, where nothing
    is read from the store: a connection for each thread would soon be all that a database has. `settle` runs
    in a transaction in which we still hold the job, and must finish, retry or bury it. `give_up` is told when
    a job that stumbled every time is buried, and why.
    """

    act: Callable[[Any], object]
    settle: Callable[[Shelves, Job, object], None]
    give_up: Callable[[Shelves, Job, str], None] = lambda shelves, job, reason: None
    prepare: Callable[[Shelves, Job], object] = lambda shelves, job: job


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds of jobs that share places: at most `places` of them are at work at once, in the pool's threads.

    One lane never waits for another. Each job that drags on opens one of `spare` more places, for which the
    pool has threads as well. Without a pool its jobs run in the kernel's own thread.
    """

    handlers: Mapping[str, Transition | Effect]
    places: int = 1
    pool: Executor | None = None
    spare: int = 0


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A job that was worked on: what an effect yielded, or the fault it stumbled over.

    A transition that went well has settled itself.
    """

    lane: int
    job: Job
    outcome: object = None
    fault: Exception | None = None
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class _Stumbled:
    """What stands in for a preparation that failed."""

    fault: Exception


@dataclass(slots=True)
class Kernel:
    """Runs due jobs for one owner. Any number of kernels, in any number of processes, may share a store.

    Each turn settles what has ended and claims what is due in one transaction, so that under load the cost of
    a commit is shared by many jobs. `ring` is called whenever an effect has ended. `is_gone` says of another
    owner that it has died: what it held is then due at the first turn, and need not wait for its lease.

    The leases of effects at work are renewed, so that `lease_s` may be short: it is how long the work of a
    dead kernel waits. Whether we still hold a job is asked when it is claimed, again just before it is sent
    (see `tocsin.domain.fence`), and when its outcome is written down.
    """

    store: Store
    clock: Clock
    lanes: Sequence[Lane]
    owner: str
    lease_s: float = 30.0
    ring: Callable[[], None] = lambda: None
    is_gone: Callable[[str], bool] = lambda owner: False
    _has_taken_over: bool = False
    _leases: Leases = field(init=False)
    _ended: SimpleQueue[_Ended] = field(default_factory=SimpleQueue)
    _places: Places = field(default_factory=Places)

    def __post_init__(self) -> None:
        self._leases = Leases(self.lease_s)

    def turn(self) -> float:
        """Settle, claim and start what there is; return 0 after work, else how long to rest (seconds)."""
        if not self._has_taken_over:
            self._take_over()
        self._renew()
        open_lanes = [n for n, lane in enumerate(self.lanes) if self._free(n, lane) > 0]
        due = self._due([kind for n in open_lanes for kind in self.lanes[n].handlers])
        # Outcomes are taken in hand last: what is above may fail, and would take them along.
        ended = self._drain()
        asked_at, now = self._leases.timer(), self.clock.now()
        ready = [n for n in open_lanes if any(due.get(k, _NEVER) <= now for k in self.lanes[n].handlers)]
        if not ended and not ready:
            rest = (min(due.values(), default=_NEVER) - now) / timedelta(seconds=1)
            longest = LONGEST_REST_S if len(open_lanes) == len(self.lanes) else PATIENCE_S / 2
            return min(max(rest, 0.001), max(self._leases.rest_s(), 0.001), longest)
        claimed = self._settle_and_claim(ended, ready, now)
        self._leases.take((job for number, job in claimed if self._is_effect(number, job)), asked_at)
        for number, job, prepared in self._prepared(claimed):
            self._start(number, job, prepared)
        return 0.0

    def run_due(self) -> None:
        """Take turns until nothing is due; for lanes without pools."""
        while self.turn() == 0.0:
            pass

    def close(self) -> None:
        """Let the effects at work come to their end and settle them; nothing new is claimed."""
        for lane in self.lanes:
            if lane.pool is not None:
                lane.pool.shutdown(wait=True)
        self._settle_and_claim(self._drain(), (), self.clock.now())

    def _renew(self) -> None:
        """Hold on to what is still being worked on; what others have taken over stays theirs."""
        keys = self._leases.to_renew()
        if not keys:
            return
        asked_at = self._leases.timer()
        until = self.clock.now() + timedelta(seconds=self.lease_s)
        with self.store.transaction() as shelves:
            kept = shelves.jobs.renew(keys, self.owner, until)
        self._leases.renew(keys, kept, asked_at)

    def _take_over(self) -> None:
        """Release what owners hold that died before we came."""
        with self.store.transaction() as shelves:
            for owner in shelves.jobs.owners():
                if owner != self.owner and self.is_gone(owner):
                    log.warning("%s is gone; what it had begun is done again", owner)
                    shelves.jobs.release(owner, self.clock.now())
        self._has_taken_over = True

    def _drain(self) -> list[_Ended]:
        ended = []
        while True:
            try:
                ended.append(self._ended.get_nowait())
            except Empty:
                return ended

    def _free(self, number: int, lane: Lane) -> int:
        return self._places.free(number, lane.places, lane.spare)

    def _due(self, kinds: Sequence[str]) -> Mapping[str, datetime]:
        with self.store.reading() as shelves:
            return shelves.jobs.next_due(kinds)

    def _settle_and_claim(
        self, ended: Sequence[_Ended], ready: Iterable[int], now: datetime
    ) -> list[tuple[int, Job]]:
        for end in ended:
            self._places.end(end.lane, end.job)
        try:
            with self.store.transaction() as shelves:
                for end in ended:
                    self._settle(shelves, end)
                claimed = self._claim(shelves, ready, now)
            self._leases.forget(end.job for end in ended)
            return claimed
        except Overloaded:
            for end in ended:
                self._put_back(end)
            raise
        except Exception:  # The worker's edge: one that cannot be settled must not hold back the others.
            log.exception("a job could not be settled with the others; each is now settled alone")
        for end in ended:
            self._settle_alone(end)
        self._leases.forget(end.job for end in ended)
        return []

    def _claim(self, shelves: Shelves, ready: Iterable[int], now: datetime) -> list[tuple[int, Job]]:
        """Take due jobs for each of these lanes, as many as it has places for."""
        claimed = []
        for number in ready:
            lane = self.lanes[number]
            free = self._free(number, lane)
            jobs = shelves.jobs.claim(tuple(lane.handlers), self.owner, now, self.lease_s, free)
            claimed += [(number, job) for job in jobs]
        return claimed

    def _put_back(self, end: _Ended) -> None:
        """Keep the outcome in hand until the database can take it; the lease may run out meanwhile."""
        self._places.begin(end.lane, end.job)
        self._ended.put(end)

    def _settle_alone(self, end: _Ended) -> None:
        try:
            with self.store.transaction() as shelves:
                self._settle(shelves, end)
        except Exception as fault:  # The worker's edge: one poisoned job may not stop the house.
            log.exception("job %s cannot be settled; it is pushed ahead", end.job.key)
            self._push_ahead(end, fault)

    def _settle(self, shelves: Shelves, end: _Ended) -> None:
        if end.is_settled:
            return
        held = shelves.jobs.get(end.job.key)
        if held is None or held.owner != self.owner or held.attempts != end.job.attempts:
            log.warning("job %s was taken over by another worker; our outcome is not kept", end.job.key)
            return
        handler = self.lanes[end.lane].handlers[end.job.kind]
        if end.fault is not None:
            self._fail(shelves, end, end.fault)
        elif isinstance(handler, Effect):
            handler.settle(shelves, end.job, end.outcome)

    def _is_effect(self, number: int, job: Job) -> bool:
        return isinstance(self.lanes[number].handlers[job.kind], Effect)

    def _prepared(self, claimed: Sequence[tuple[int, Job]]) -> list[tuple[int, Job, object]]:
        """Read what the claimed effects need, all in one look at the store."""
        if not claimed:
            return []
        with self.store.reading() as shelves:
            return [(number, job, self._prepare(shelves, number, job)) for number, job in claimed]

    def _prepare(self, shelves: Shelves, number: int, job: Job) -> object:
        handler = self.lanes[number].handlers[job.kind]
        if not isinstance(handler, Effect):
            return None
        try:
            return handler.prepare(shelves, job)
        except Exception as fault:  # The worker's edge: one that cannot be prepared stumbles alone.
            log.exception("job %s cannot be prepared; it is pushed ahead", job.key)
            return _Stumbled(fault)

    def _start(self, number: int, job: Job, prepared: object) -> None:
        lane = self.lanes[number]
        self._places.begin(number, job)
        if lane.pool is None:
            self._work(number, job, prepared)
        else:
            lane.pool.submit(self._work, number, job, prepared)

    def _work(self, number: int, job: Job, prepared: object) -> None:
        """Run one job; whatever goes wrong with it is written down and never stops the others."""
        handler = self.lanes[number].handlers[job.kind]
        try:
            if isinstance(prepared, _Stumbled):
                end = _Ended(number, job, fault=prepared.fault)
            elif isinstance(handler, Effect):
                with fenced(lambda: self._leases.holds(job)):
                    check_hold()
                    end = _Ended(number, job, handler.act(prepared))
            else:
                self._transit(handler, job)
                end = _Ended(number, job, is_settled=True)
        except HoldLost:
            self._leases.let_go(job)
            log.warning("job %s is no longer ours; nothing was sent for it", job.key)
            end = _Ended(number, job, is_settled=True)
        except Exception as fault:  # The worker's edge: one poisoned job may not stop the house.
            log.exception("job %s failed; it is pushed ahead", job.key)
            end = _Ended(number, job, fault=fault)
        self._ended.put(end)
        self.ring()

    def _transit(self, handler: Transition, job: Job) -> None:
        with self.store.transaction() as shelves:
            handler.hold(shelves, job)
            if shelves.jobs.finish(job.key, self.owner):
                handler.run(shelves, job)

    def _push_ahead(self, end: _Ended, fault: Exception) -> None:
        try:
            with self.store.transaction() as shelves:
                self._fail(shelves, end, fault)
        except Overloaded as trouble:
            log.error("job %s waits for its lease to run out: %s", end.job.key, trouble.happened)

    def _fail(self, shelves: Shelves, end: _Ended, fault: Exception) -> None:
        job, handler = end.job, self.lanes[end.lane].handlers[end.job.kind]
        reason = f"{type(fault).__name__}: {fault}"[:500]
        # A full disk or a locked database is no fault of the job; it heals, and then the job must be there.
        if job.attempts >= FAULTS_UNTIL_DEAD and not isinstance(fault, Overloaded):
            shelves.jobs.bury(job.key, self.owner, reason)
            if isinstance(handler, Effect):
                handler.give_up(shelves, job, reason)
        else:
            later = self.clock.now() + RETRY_STEP * min(job.attempts, 12)
            shelves.jobs.retry(job.key, self.owner, later, reason)
