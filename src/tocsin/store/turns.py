"""Lets the threads of one process take turns at writing, first come first served."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A lock handed over in the order it was asked for.

    SQLite's own busy handler sleeps and tries again, so that under load a thread may wait far longer than its
    turn; an ordinary lock may be taken again by the thread that just gave it up.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def take(self, wait_s: float) -> bool:
        """Wait for the turn; False when it did not come within `wait_s` seconds."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        if ticket.acquire(timeout=wait_s):
            return True
        with self._guard:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return False
        # The turn was handed over between the end of the wait and the look at the queue.
        return True

    def give(self) -> None:
        """End the turn; the one that waited longest has it now."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
