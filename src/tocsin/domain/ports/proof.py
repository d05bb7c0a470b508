"""Where proof is kept: the log and its signed heads, and what is known of each exhibit."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.exhibit import CustodyEvent, Exhibit


class LogShelf(Protocol):
    """The log: an inbox written with each state change, leaves given their index later, checkpoints."""

    def append(self, entry_id: UUID, content: bytes) -> None:
        """Put a leaf's bytes in the inbox, in the caller's transaction."""
        ...

    def sequence(self, limit: int = 5000) -> int:
        """Move inbox rows to the end of the log, giving each the next index; return how many."""
        ...

    def size(self) -> int: ...
    def waiting(self) -> int:
        """Return how many rows wait in the inbox."""
        ...

    def waiting_contents(self) -> tuple[bytes, ...]:
        """Return the leaves in the inbox, in the order in which they will be given their index."""
        ...

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        """Return leaves with start <= index < stop, by index; a missing one is simply absent."""
        ...

    def first_forged(self, start: int) -> int | None:
        """Return the index of the first entry from `start` on that was not appended by a holder of our key.

        An entry that waits counts under the index it would get.
        """
        ...

    def index_of(self, entry_id: UUID) -> int | None:
        """Return an entry's index, None while it waits for one or when there is no such entry."""
        ...

    def add_checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def last_checkpoint(self) -> Checkpoint | None: ...
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return every checkpoint, by size."""
        ...


class ExhibitShelf(Protocol):
    """What is known of each exhibit; the bytes lie in the evidence locker."""

    def next_number(self) -> int: ...
    def add(self, exhibit: Exhibit) -> None: ...
    def get(self, number: int) -> Exhibit | None: ...
    def of_incident(self, incident_id: UUID) -> tuple[Exhibit, ...]: ...
    def all(self) -> tuple[Exhibit, ...]: ...
    def add_custody(self, event: CustodyEvent) -> None: ...
    def custody_of(self, number: int) -> tuple[CustodyEvent, ...]: ...
