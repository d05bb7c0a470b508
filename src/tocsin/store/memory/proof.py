"""The log and the exhibits in memory."""

from __future__ import annotations

from itertools import islice
from operator import attrgetter
from uuid import UUID

from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.exhibit import CustodyEvent, Exhibit
from tocsin.store.leaf import entry_mac, is_ours, leaf_hash
from tocsin.store.memory.tables import Tables, put_new


class MemoryLog:
    def __init__(self, tables: Tables, entry_key: bytes) -> None:
        self._tables = tables
        self._key = entry_key

    def append(self, entry_id: UUID, content: bytes) -> None:
        put_new(self._tables.waiting, entry_id, content)
        self._tables.macs[entry_id] = entry_mac(self._key, entry_id, content)

    def sequence(self, limit: int = 5000) -> int:
        moved = tuple(islice(self._tables.waiting, limit))
        for index, entry_id in enumerate(moved, self.size()):
            content = self._tables.waiting.pop(entry_id)
            self._tables.entry_ids[index] = entry_id
            self._tables.leaves[index] = Leaf(index=index, content=content, leaf_hash=leaf_hash(content))
        return len(moved)

    def size(self) -> int:
        return max(self._tables.leaves, default=-1) + 1

    def waiting(self) -> int:
        return len(self._tables.waiting)

    def waiting_contents(self) -> tuple[bytes, ...]:
        return tuple(self._tables.waiting.values())

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        indexes = range(max(start, 0), min(stop, self.size()))
        return tuple(self._tables.leaves[index] for index in indexes if index in self._tables.leaves)

    def first_forged(self, start: int) -> int | None:
        leaves = self.leaves(start, self.size())
        for leaf in leaves:
            if not self._is_ours(self._tables.entry_ids.get(leaf.index), leaf.content):
                return leaf.index
        for index, (entry_id, content) in enumerate(self._tables.waiting.items(), self.size()):
            if not self._is_ours(entry_id, content):
                return index
        return None

    def _is_ours(self, entry_id: UUID | None, content: bytes) -> bool:
        if entry_id is None:
            return False
        return is_ours(self._key, entry_id, content, self._tables.macs.get(entry_id, b""))

    def index_of(self, entry_id: UUID) -> int | None:
        found = (index for index, known in self._tables.entry_ids.items() if known == entry_id)
        return next(found, None)

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self._tables.checkpoints[self._tables.next_number("checkpoint")] = checkpoint

    def last_checkpoint(self) -> Checkpoint | None:
        checkpoints = self.checkpoints()
        return checkpoints[-1] if checkpoints else None

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        return tuple(sorted(self._tables.checkpoints.values(), key=attrgetter("size")))


class MemoryExhibits:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next_number(self) -> int:
        return self._tables.next_number("exhibit")

    def add(self, exhibit: Exhibit) -> None:
        put_new(self._tables.exhibits, exhibit.number, exhibit)

    def get(self, number: int) -> Exhibit | None:
        return self._tables.exhibits.get(number)

    def of_incident(self, incident_id: UUID) -> tuple[Exhibit, ...]:
        return tuple(exhibit for exhibit in self.all() if exhibit.incident_id == incident_id)

    def all(self) -> tuple[Exhibit, ...]:
        return tuple(sorted(self._tables.exhibits.values(), key=attrgetter("number")))

    def add_custody(self, event: CustodyEvent) -> None:
        self._tables.custody[self._tables.next_number("custody")] = event

    def custody_of(self, number: int) -> tuple[CustodyEvent, ...]:
        return tuple(event for event in self._tables.custody.values() if event.exhibit == number)
