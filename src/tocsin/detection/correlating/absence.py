"""Absence: `a and not b` is decided when the time for b has passed, never before (E5, T7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tocsin.detection.correlating.measures import Silence
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.correlating.window import Window, buckets
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.state import GroupState, Held


class Absence(Window):
    """A window that is asked again one span after each signal that sets a deadline."""

    __slots__ = ("_deadlines", "_silence")

    def __init__(self, watched: Watched, correlation: Correlation, state: GroupState) -> None:
        super().__init__(watched, state)
        self._silence = Silence(watched, correlation)
        self._measure = self._silence
        self._deadlines: deque[tuple[int, int]] = deque()
        for time, bucket in buckets(self.held):
            self._measure.add(bucket)
            if time + watched.span >= state.settled:
                self._await(time, bucket)

    def take(self, time: int, bucket: Sequence[Held]) -> None:
        super().take(time, bucket)
        self._await(time, bucket)

    def due(self) -> int | None:
        return self._deadlines[0][0] if self._deadlines else None

    def decide(self, at: int) -> None:
        _, slots = self._deadlines.popleft()
        oldest = at - self.watched.span
        self._expire(oldest)
        measured = self._silence.missed(slots, oldest)
        if measured is not None:
            self.fire(at, measured)

    def unfinished(self) -> int:
        """Return how many deadlines have not passed."""
        return len(self._deadlines)

    def _await(self, time: int, bucket: Sequence[Held]) -> None:
        slots = 0
        for hit in bucket:
            slots |= hit.slots
        if self._silence.anchors(slots):
            self._deadlines.append((time + self.watched.span, slots))
