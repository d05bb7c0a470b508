"""What could not be proved, or came again, is written into the log; a flood of it as one sum a minute."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.domain.clock import Clock
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note

NOBODY = "nobody"
"""The actor: whoever sent it is not known."""
ONE_ENTRY_EVERY = timedelta(minutes=1)
REPLAYED = "it was taken in before, and changed nothing now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One request that changed nothing: to which connector and source it came, from where, and why not."""

    connector: str
    source: str
    sender: str
    reason: str

    @property
    def kind(self) -> Happening:
        """Return the kind of its log entry: a repetition is no forgery."""
        return Happening.REFUSED if self.reason == REPLAYED else Happening.FORGED


@dataclass(slots=True)
class _Count:
    """How often one reason was met since its last entry, the latest of them, and when that was written."""

    latest: Refusal
    written_at: datetime | None = None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Forgeries:
    """Writes the entries. Connectors and reasons are few, so the counts stay few whatever is sent."""

    store: Store
    clock: Clock
    _counts: dict[tuple[str, str], _Count] = field(default_factory=dict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def met(self, refusal: Refusal) -> None:
        """Write it down now, or count it for the next sum. Raises `Overloaded`."""
        times = self._due(refusal)
        if times:
            with self.store.transaction() as shelves:
                self._write(shelves, [(refusal, times)])

    def met_in(self, shelves: Shelves, refusal: Refusal) -> None:
        """Do the same inside the caller's transaction."""
        times = self._due(refusal)
        if times:
            self._write(shelves, [(refusal, times)])

    def write_sums(self) -> None:
        """Write down what was counted and has waited a minute. Raises `Overloaded`."""
        now = self.clock.now()
        due: list[tuple[Refusal, int]] = []
        with self._one_at_a_time:
            for count in self._counts.values():
                if count.times and count.written_at is not None and now - count.written_at >= ONE_ENTRY_EVERY:
                    due.append((count.latest, count.times))
                    count.times, count.written_at = 0, now
        if due:
            with self.store.transaction() as shelves:
                self._write(shelves, due)

    def _due(self, refusal: Refusal) -> int:
        """Return how many the entry that is due now stands for, 0 when none is due yet."""
        now = self.clock.now()
        with self._one_at_a_time:
            count = self._counts.setdefault((refusal.connector, refusal.reason), _Count(refusal))
            count.latest, count.times = refusal, count.times + 1
            if count.written_at is not None and now - count.written_at < ONE_ENTRY_EVERY:
                return 0
            times, count.times, count.written_at = count.times, 0, now
            return times

    def _write(self, shelves: Shelves, told: Sequence[tuple[Refusal, int]]) -> None:
        for refusal, times in told:
            facts = {
                "connector": refusal.connector,
                "source": refusal.source,
                "sender": refusal.sender,
                "reason": refusal.reason,
                "times": str(times),
            }
            note(shelves, refusal.kind, at=self.clock.now(), actor=NOBODY, facts=facts)
