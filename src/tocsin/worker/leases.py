"""Which jobs a kernel holds, and until when by the clock that nobody sets: who is late sends nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tocsin.domain.job import Job

LONGEST_WORK_S = 300.0
"""Work that takes longer is taken for hung: its lease is renewed no more."""
RENEWED_EACH = 3


@dataclass(slots=True)
class _Held:
    attempts: int
    claimed_at: float
    ends_at: float
    renew_at: float

    def may_be_renewed(self, now: float) -> bool:
        return now < self.claimed_at + LONGEST_WORK_S


@dataclass(slots=True)
class Leases:
    """Leases of `lease_s` seconds. `timer` runs on while the process is stopped; its zero means nothing."""

    lease_s: float
    timer: Callable[[], float] = time.monotonic
    _held: dict[str, _Held] = field(default_factory=dict)

    def take(self, jobs: Iterable[Job], asked_at: float) -> None:
        """Remember what was claimed. `asked_at` is the timer before the claim, so we end no later than it."""
        for job in jobs:
            self._held[job.key] = _Held(
                job.attempts, asked_at, asked_at + self.lease_s, asked_at + self.lease_s / RENEWED_EACH
            )

    def forget(self, jobs: Iterable[Job]) -> None:
        """Forget what has been settled, unless it was claimed anew since."""
        for job in jobs:
            held = self._held.get(job.key)
            if held is not None and held.attempts == job.attempts:
                del self._held[job.key]

    def holds(self, job: Job) -> bool:
        """Say whether a job is certainly ours at this moment."""
        held = self._held.get(job.key)
        return held is not None and held.attempts == job.attempts and self.timer() < held.ends_at

    def let_go(self, job: Job) -> None:
        """Renew the lease of a job no more, so that it is due for everybody; any thread may call it."""
        held = self._held.get(job.key)
        if held is not None and held.attempts == job.attempts:
            held.claimed_at -= LONGEST_WORK_S

    def to_renew(self) -> tuple[str, ...]:
        """Return the keys of jobs whose leases should be longer."""
        now = self.timer()
        held = self._held.items()
        return tuple(key for key, one in held if one.renew_at <= now and one.may_be_renewed(now))

    def renew(self, asked: Iterable[str], kept: Iterable[str], asked_at: float) -> None:
        """Remember which of those asked for were renewed; of the others nothing is known."""
        for key in asked:
            self._held[key].renew_at = asked_at + self.lease_s / RENEWED_EACH
        for key in kept:
            self._held[key].ends_at = asked_at + self.lease_s

    def rest_s(self) -> float:
        """Return how long none needs to be renewed, in seconds."""
        now = self.timer()
        waits = (held.renew_at - now for held in self._held.values() if held.may_be_renewed(now))
        return max(min(waits, default=self.lease_s), 0.0)
