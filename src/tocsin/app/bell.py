"""What wakes the loops that rest: rung after each commit, so that work begins at once."""

from __future__ import annotations

import threading


class Bell:
    """Wakes every loop that rests. A ring is never lost: who was busy sees it on the next rest."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Wake all who rest."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    @property
    def rings(self) -> int:
        """Return how often the bell was rung; take it before a round, hand it to `rest` after."""
        return self._rings

    def rest(self, heard: int, at_most_s: float) -> None:
        """Return as soon as the bell was rung after `heard` rings, or after the given time."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, timeout=at_most_s)
