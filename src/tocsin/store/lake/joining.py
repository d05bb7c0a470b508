"""Lets threads that append at the same time share one sync: whoever has the turn writes for all who wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from tocsin.store.turns import Turns


@dataclass(slots=True, eq=False)
class _Asked:
    """Lines that wait to be written, and then where they end, or why they could not be written."""

    lines: Sequence[bytes]
    stop: int = 0
    fault: OSError | None = None


@dataclass(slots=True)
class Joining:
    """Joins what the threads of this process append to one place.

    `write` appends lines, all or none, and returns the offset behind them. Its OSError is everybody's for
    whom it was written: the disk would refuse them one by one as well.
    """

    write: Callable[[Sequence[bytes]], int]
    _waiting: list[_Asked] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _turns: Turns = field(default_factory=Turns)

    def append(self, lines: Sequence[bytes]) -> int:
        """Return the offset behind the lines once they are written. Raises OSError."""
        asked = _Asked(lines)
        with self._guard:
            self._waiting.append(asked)
        self._turns.take(threading.TIMEOUT_MAX)
        try:
            if asked in self._waiting:
                self._write_for_all()
        finally:
            with self._guard:
                if asked in self._waiting:
                    self._waiting.remove(asked)
            self._turns.give()
        if asked.fault is not None:
            raise asked.fault
        return asked.stop

    def _write_for_all(self) -> None:
        with self._guard:
            taken = tuple(self._waiting)
        try:
            stop = self.write(tuple(chain.from_iterable(each.lines for each in taken)))
        except OSError as fault:
            for each in taken:
                each.fault = fault
        else:
            for each in reversed(taken):
                each.stop = stop
                stop -= sum(map(len, each.lines)) + len(each.lines)
        # Only who has the turn takes away, and whoever came meanwhile stands behind.
        with self._guard:
            del self._waiting[: len(taken)]
