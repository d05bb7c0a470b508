"""Collectors at work: gather, keep the bytes, then make them an exhibit."""

from __future__ import annotations

import io
from dataclasses import dataclass

from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.respond import Collected, Respond
from tocsin.worker.kernel import Effect


@dataclass(frozen=True, slots=True)
class Kept:
    """Collected bytes that lie in the locker."""

    collected: Collected
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Collecting:
    """The effect behind `collect` jobs. It may be repeated: the same bytes are kept once."""

    respond: Respond

    def act(self, collected: Collected | None) -> Kept | None:
        """Store what was gathered; None when there was nothing to gather."""
        if collected is None:
            return None
        digest, size = self.respond.locker.keep(io.BytesIO(collected.content))
        return Kept(collected, digest, size)

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Make what was stored an exhibit, together with the job's own end."""
        if isinstance(outcome, Kept):
            self.respond.settle(shelves, outcome.collected, outcome.digest, outcome.size)
        shelves.jobs.finish(job.key, job.owner)

    def effect(self) -> Effect:
        """Return the handler for the kernel."""
        return Effect(self.act, self.settle, self.respond.collection_failed, prepare=self.respond.collect)
