"""The job kernel: claims what is due and runs it, as a fenced transition or a repeatable effect."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.clock import Clock
from tocsin.domain.errors import Overloaded
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves, Store

log = logging.getLogger("tocsin.worker")

RETRY_STEP = timedelta(seconds=5)
FAULTS_UNTIL_DEAD = 20


class Fenced(Exception):
    """Another worker took the job over while we worked; what we were about to write is rolled back."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A job that only changes our own state: it and its completion commit together, so it happens once."""

    run: Callable[[Shelves, Job], None]


@dataclass(frozen=True, slots=True)
class Effect:
    """A job that acts outside: `act` calls the partner, then `settle` records the outcome in one transaction.

    `settle` must end by finishing, retrying or burying the job, and returns whether it still held it.
    """

    act: Callable[[Job], object]
    settle: Callable[[Shelves, Job, object], bool]


@dataclass(slots=True)
class Kernel:
    """Runs the due jobs of some kinds for one owner, at most `limit` at a time.

    Any number of kernels may share a store. With a pool the jobs of one claim run side by side.
    """

    store: Store
    clock: Clock
    handlers: Mapping[str, Transition | Effect]
    owner: str
    lease_s: float = 30.0
    limit: int = 16
    pool: ThreadPoolExecutor | None = None

    def next_due(self) -> datetime | None:
        """Return when the next job of our kinds is due, None when there is none."""
        with self.store.reading() as shelves:
            return shelves.jobs.next_due(tuple(self.handlers))

    def run_due(self) -> int:
        """Claim and run what is due now; return how many jobs were claimed."""
        due = self.next_due()
        if due is None or due > self.clock.now():
            return 0
        with self.store.transaction() as shelves:
            jobs = shelves.jobs.claim(
                tuple(self.handlers), self.owner, self.clock.now(), self.lease_s, self.limit
            )
        if self.pool is None:
            for job in jobs:
                self._run(job)
        else:
            wait([self.pool.submit(self._run, job) for job in jobs])
        return len(jobs)

    def _run(self, job: Job) -> None:
        """Run one job; whatever goes wrong with it is written down and never stops the others."""
        handler = self.handlers[job.kind]
        try:
            if isinstance(handler, Transition):
                self._transit(handler, job)
            else:
                self._affect(handler, job)
        except Fenced:
            log.warning("job %s was taken over by another worker; nothing of ours was kept", job.key)
        except Overloaded as overloaded:
            log.error("job %s waits for its lease to run out: %s", job.key, overloaded.happened)
        except Exception as error:  # The worker's edge: one poisoned job may not stop the house.
            log.exception("job %s failed; it is pushed ahead", job.key)
            self._push_ahead(job, error)

    def _transit(self, handler: Transition, job: Job) -> None:
        with self.store.transaction() as shelves:
            if not shelves.jobs.finish(job.key, self.owner):
                raise Fenced(job.key)
            handler.run(shelves, job)

    def _affect(self, handler: Effect, job: Job) -> None:
        outcome = handler.act(job)
        with self.store.transaction() as shelves:
            if not handler.settle(shelves, job, outcome):
                raise Fenced(job.key)

    def _push_ahead(self, job: Job, error: Exception) -> None:
        try:
            with self.store.transaction() as shelves:
                reason = f"{type(error).__name__}: {error}"[:500]
                if job.attempts >= FAULTS_UNTIL_DEAD:
                    shelves.jobs.bury(job.key, self.owner, reason)
                else:
                    later = self.clock.now() + RETRY_STEP * min(job.attempts, 12)
                    shelves.jobs.retry(job.key, self.owner, later, reason)
        except Overloaded:
            log.error("job %s could not be pushed ahead; its lease will run out", job.key)
