"""Threads that keep turning: each does its round, rests until rung or until something is due, and stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin.app.bell import Bell
from tocsin.domain.errors import Explained

log = logging.getLogger("tocsin.worker")

AFTER_A_FAULT_S = 1.0


@dataclass(frozen=True, slots=True)
class Loop:
    """A named round. `round` returns how many seconds it may rest, 0 to be called again at once.

    A ring of the bell ends its rest. `close` is called in the same thread after the last round. What can wait
    begins `after_s` seconds late, so that at a start alerts do not queue behind the housekeeping.
    """

    name: str
    round: Callable[[], float]
    bell: Bell = field(default_factory=Bell)
    close: Callable[[], None] = lambda: None
    after_s: float = 0.0


@dataclass(slots=True)
class Loops:
    """Runs loops in threads of their own until stopped; work in hand is finished first."""

    loops: Sequence[Loop]
    leave_thread: Callable[[], None] = lambda: None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start a thread for each loop."""
        for loop in self.loops:
            thread = threading.Thread(
                target=self._turn, args=(loop,), name=f"tocsin-{loop.name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self, at_most_s: float = 20.0) -> bool:
        """Ask all loops to end and wait for them; False when one did not end in time."""
        self._stopping.set()
        for loop in self.loops:
            loop.bell.ring()
        for thread in self._threads:
            thread.join(timeout=at_most_s)
        return not any(thread.is_alive() for thread in self._threads)

    def _turn(self, loop: Loop) -> None:
        self._stopping.wait(loop.after_s)
        while not self._stopping.is_set():
            heard = loop.bell.rings
            rest_s = self._round(loop)
            if rest_s > 0 and not self._stopping.is_set():
                loop.bell.rest(heard, rest_s)
        try:
            loop.close()
        except Exception:  # The worker's edge: what was not written down is due again after its lease.
            log.exception("%s could not end properly", loop.name)
        self.leave_thread()

    def _round(self, loop: Loop) -> float:
        try:
            return loop.round()
        except Explained as fault:
            log.error("%s waits: %s %s %s", loop.name, fault.happened, fault.means, fault.next_step)
        except Exception:  # The worker's edge: a loop that met a fault goes on with the next round.
            log.exception("%s met a fault and goes on", loop.name)
        self._stopping.wait(AFTER_A_FAULT_S)
        return 0.0
