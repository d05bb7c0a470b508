"""Where proof is kept: the log and its signed heads, and what is known of each exhibit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from tocsin.domain.entry import Checkpoint, Leaf, Stretch
from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit


class LogShelf(Protocol):
    """The log: an inbox written with each state change, leaves given their index later, checkpoints.

    A log that broke has a successor, and that may have one. Meant is the last of this line, or the one that
    was asked for with `of`; an index is within its own log.
    """

    def of(self, number: int) -> LogShelf:
        """Return the log of this number in the line of logs, from 1."""
        ...

    def latest(self) -> int:
        """Return the number of the last log that has entries, 1 if none has."""
        ...

    def append(self, entry_id: UUID, content: bytes) -> None:
        """Put a leaf's bytes in the inbox, in the caller's transaction."""
        ...

    def sequence(self, limit: int = 5000) -> int:
        """Move inbox rows to the end of the log, giving each the next index; return how many.

        A row that no holder of our key appended stays in the inbox.
        """
        ...

    def begin(self, entries: Sequence[tuple[UUID, bytes]]) -> None:
        """Write the first entries of a successor. Raises ValueError when the log has entries."""
        ...

    def carried(self, start: int) -> tuple[tuple[UUID, bytes], ...]:
        """Return entries of ours from `start` on, under the second ids by which a successor has them."""
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

    def stretch(self, start: int, stop: int) -> Stretch:
        """Return the same by column, and the first of them that is forged: for who reads the whole log."""
        ...

    def first_forged(self, start: int) -> int | None:
        """Return the index of the first entry from `start` on that was not appended by a holder of our key.

        An entry that waits counts under the index it would get in the last log.
        """
        ...

    def forged_waiting(self) -> int | None:
        """Return the index that the first waiting entry would get that is not ours."""
        ...

    def stamps(self, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        """Return writer and counter of entries, by index; those of earlier versions have none."""
        ...

    def strays(self, number: int) -> int:
        """Return how many rows of leaves belong to no log up to this number."""
        ...

    def index_of(self, entry_id: UUID) -> int | None:
        """Return an entry's index in this log, None while it waits for one or when it is not there.

        An entry of an earlier log is sealed by that log's checkpoints: see `whereabouts` and `is_sealed`.
        """
        ...

    def indexes_of(self, entry_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """Return the same for many entries at once, those only that have an index in this log."""
        ...

    def whereabouts(self, entry_id: UUID) -> tuple[int, int] | None:
        """Return the number of the log that has an entry, and its index there; None as `index_of`."""
        ...

    def is_sealed(self, entry_id: UUID) -> bool:
        """Say whether a checkpoint of the log that has an entry covers it; its note is not verified here."""
        ...

    def add_checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def last_checkpoint(self) -> Checkpoint | None: ...
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return every checkpoint, by size."""
        ...

    def checkpoints_over(self, index: int, limit: int) -> tuple[Checkpoint, ...]:
        """Return the first checkpoints, by size, that cover the entry at an index."""
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
    def add_all_custody(self, events: Sequence[CustodyEvent]) -> None:
        """Add many lines at once, in this order."""
        ...

    def custody_in(self, incident_id: UUID) -> tuple[CustodyEvent, ...]:
        """Return the lines of an incident's exhibits, in the order written."""
        ...

    def custody(self, acts: Sequence[CustodyAct] = ()) -> tuple[CustodyEvent, ...]:
        """Return the lines of every exhibit, in the order written; no acts means any."""
        ...
