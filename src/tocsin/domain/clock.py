"""The one place that asks what time it is; everything else receives `now`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of aware UTC times."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


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
