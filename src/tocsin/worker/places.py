"""How many jobs of each lane are at work; one that drags on makes room, so that it holds back no other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.domain.job import Job

PATIENCE_S = 0.5
"""Whoever has answered by then keeps the place; a partner that drips or hangs takes seconds."""


@dataclass(slots=True)
class Places:
    """Who is at work since when, by lane. `timer` yields monotonic seconds."""

    timer: Callable[[], float] = time.monotonic
    _since: dict[int, dict[tuple[str, int], float]] = field(default_factory=dict)

    def begin(self, lane: int, job: Job) -> None:
        """A job of a lane is at work from now on."""
        self._since.setdefault(lane, {})[job.key, job.attempts] = self.timer()

    def end(self, lane: int, job: Job) -> None:
        """A job is at work no more; one that is unknown is ignored."""
        self._since.get(lane, {}).pop((job.key, job.attempts), None)

    def free(self, lane: int, places: int, spare: int) -> int:
        """Return how many more may begin: each that drags on opens one of the spare places."""
        at_work = self._since.get(lane, {})
        before = self.timer() - PATIENCE_S
        dragging = sum(since <= before for since in at_work.values()) if spare else 0
        return places + min(dragging, spare) - len(at_work)
