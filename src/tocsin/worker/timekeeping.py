"""Says in our own log that somebody set the machine's clock, which we do not follow."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from tocsin.domain.clock import SystemClock

log = logging.getLogger("tocsin.worker")

REST_S = 15.0
TOLD_ANEW = timedelta(seconds=5)


@dataclass(slots=True)
class Timekeeping:
    """One round compares the wall clock with the time that we keep; each jump is told once."""

    clock: SystemClock
    _told: timedelta = timedelta()

    def round(self) -> float:
        """Compare once; return how long to rest."""
        jump = self.clock.jumped_by()
        if abs(jump - self._told) >= TOLD_ANEW:
            self._told = jump
            if jump:
                log.error(
                    "the machine's clock was set by %+.0f s; deadlines go on by its uptime, until Tocsin is "
                    "started again",
                    jump.total_seconds(),
                )
            else:
                log.warning("the machine's clock shows our time again")
        return REST_S
