"""The one place that asks what time it is; everything else receives `now`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

FOLLOWED = timedelta(seconds=1)
"""How far the machine's clock may be set at once and still be followed; more is a jump."""


class Clock(Protocol):
    """A source of aware UTC times."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock, without its jumps.

    Between two questions time passes as the machine's uptime does. Where the wall clock was set by more than
    `FOLLOWED` meanwhile, it is not believed until this process is started again: deadlines lie in the
    database as instants, and would come hours too early or too late.
    """

    def __init__(self) -> None:
        self._known = (datetime.now(UTC), _uptime())

    def now(self) -> datetime:
        wall, uptime = datetime.now(UTC), _uptime()
        at, since = self._known
        steady = at + (uptime - since)
        if abs(wall - steady) > FOLLOWED:
            return steady
        self._known = (wall, uptime)
        return wall

    def jumped_by(self) -> timedelta:
        """Return by how much the wall clock was set since the start, zero where it was not."""
        return datetime.now(UTC) - self.now()


def _uptime() -> timedelta:
    """Return the time since the machine started, sleep included where the system counts it."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))
    return timedelta(seconds=time.monotonic())


class PushedClock:
    """A clock that stands still until it is pushed, for drills and tests."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("PushedClock needs an aware start time, for example one in UTC.")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def push(self, by: timedelta) -> datetime:
        """Move the clock by a duration (a negative one steps it back) and return the new time."""
        self._now += by
        return self._now
