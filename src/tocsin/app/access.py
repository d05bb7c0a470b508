"""Who came in, who was refused, and which accounts and links were made: each is an entry in the log."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.domain.clock import Clock
from tocsin.domain.ports.shelves import Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note

NOBODY = "nobody"
"""The actor of a sign-in that was refused: whoever tried is not known."""
ONE_ENTRY_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class _Tally:
    """How often one kind of refusal came since its last entry, and when that was written."""

    written_at: datetime | None = None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Access:
    """Writes the entries. Tokens of links and sessions are never among the facts."""

    store: Store
    clock: Clock
    _tallies: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def done(self, done: str, *, actor: str, subject: str, **facts: str) -> None:
        """Write down what was done. Raises `Overloaded`."""
        with self.store.transaction() as shelves:
            note(
                shelves,
                Happening.ACCESS,
                at=self.clock.now(),
                actor=actor,
                subject=subject,
                facts={"done": done, **facts},
            )

    def refused(self, kind: str, *, actor: str, subject: str, **facts: str) -> None:
        """Count a refusal; an entry with the count is written at once, but at most one a minute and actor.

        So nobody can fill the log by being refused. Raises `Overloaded`.
        """
        times = self._due(kind, actor)
        if times:
            self.done(kind, actor=actor, subject=subject, times=str(times), **facts)

    def _due(self, kind: str, actor: str) -> int:
        """Return how many refusals the entry that is due now stands for, 0 when none is due yet."""
        now = self.clock.now()
        with self._one_at_a_time:
            tally = self._tallies.setdefault((kind, actor), _Tally())
            tally.times += 1
            if tally.written_at is not None and now - tally.written_at < ONE_ENTRY_EVERY:
                return 0
            times, tally.times, tally.written_at = tally.times, 0, now
            return times
