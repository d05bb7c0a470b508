"""The log and the exhibits in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from uuid import UUID, uuid5

from tocsin.domain.entry import Checkpoint, Leaf, Stretch
from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit
from tocsin.store.leaf import CARRIED, PLACES, Stamp, entry_mac, first_place, is_ours, leaf_hash
from tocsin.store.memory.tables import Tables, put_new


class MemoryLog:
    def __init__(self, tables: Tables, entry_key: bytes, number: int | None = None) -> None:
        self._tables = tables
        self._key = entry_key
        self._number = number

    def of(self, number: int) -> MemoryLog:
        return MemoryLog(self._tables, self._key, number)

    def latest(self) -> int:
        return max(self._tables.leaves, default=0) // PLACES + 1

    def append(self, entry_id: UUID, content: bytes) -> None:
        put_new(self._tables.waiting, entry_id, content)
        self._prove(entry_id, content)

    def _prove(self, entry_id: UUID, content: bytes) -> None:
        # One writer at a time, whose counters are copied and dropped with the tables.
        stamp = Stamp(1, self._tables.next_number("stamp"))
        self._tables.stamps[entry_id] = stamp
        self._tables.macs[entry_id] = entry_mac(self._key, entry_id, content, stamp)

    def sequence(self, limit: int = 5000) -> int:
        waiting = self._tables.waiting.items()
        moved = [entry_id for entry_id, content in waiting if self._is_ours(entry_id, content)][:limit]
        first = first_place(self._current) + self.size()
        for place, entry_id in enumerate(moved, first):
            self._put(place, entry_id, self._tables.waiting.pop(entry_id))
        return len(moved)

    def begin(self, entries: Sequence[tuple[UUID, bytes]]) -> None:
        if self.size():
            raise ValueError("a log that has entries was begun already")
        for place, (entry_id, content) in enumerate(entries, first_place(self._current)):
            self._prove(entry_id, content)
            self._put(place, entry_id, content)

    def carried(self, start: int) -> tuple[tuple[UUID, bytes], ...]:
        first = first_place(self._current)
        found = (
            (self._tables.entry_ids.get(first + each.index), each) for each in self.leaves(start, PLACES)
        )
        return tuple(
            (uuid5(entry_id, CARRIED), leaf.content)
            for entry_id, leaf in found
            if entry_id is not None and self._is_ours(entry_id, leaf.content)
        )

    def _put(self, place: int, entry_id: UUID, content: bytes) -> None:
        self._tables.entry_ids[place] = entry_id
        self._tables.leaves[place] = Leaf(index=place, content=content, leaf_hash=leaf_hash(content))

    @property
    def _current(self) -> int:
        return self.latest() if self._number is None else self._number

    def _places(self) -> list[int]:
        first = first_place(self._current)
        return sorted(place for place in self._tables.leaves if first <= place < first + PLACES)

    def size(self) -> int:
        places = self._places()
        return places[-1] % PLACES + 1 if places else 0

    def waiting(self) -> int:
        return len(self._tables.waiting)

    def waiting_contents(self) -> tuple[bytes, ...]:
        return tuple(self._tables.waiting.values())

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        first = first_place(self._current)
        inside = (place for place in self._places() if max(start, 0) <= place - first < stop)
        return tuple(replace(self._tables.leaves[place], index=place - first) for place in inside)

    def stretch(self, start: int, stop: int) -> Stretch:
        leaves, first = self.leaves(start, stop), first_place(self._current)
        ids = self._tables.entry_ids
        forged = (
            leaf.index for leaf in leaves if not self._is_ours(ids.get(first + leaf.index), leaf.content)
        )
        return replace(Stretch.of(leaves), forged=next(forged, None))

    def stamps(self, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        first = first_place(self._current)
        inside = (place for place in self._places() if start <= place - first < stop)
        found = (self._tables.stamps.get(self._tables.entry_ids[place]) for place in inside)
        return tuple((stamp.writer, stamp.counter) for stamp in found if stamp is not None)

    def first_forged(self, start: int) -> int | None:
        forged = self.stretch(start, PLACES).forged
        if forged is not None:
            return forged
        if self._number is not None and self._number < self.latest():
            return None
        return self.forged_waiting()

    def forged_waiting(self) -> int | None:
        for index, (entry_id, content) in enumerate(self._tables.waiting.items(), self.size()):
            if not self._is_ours(entry_id, content):
                return index
        return None

    def strays(self, number: int) -> int:
        return sum(not 0 <= place < first_place(number + 1) for place in self._tables.leaves)

    def _is_ours(self, entry_id: UUID | None, content: bytes) -> bool:
        if entry_id is None:
            return False
        mac = self._tables.macs.get(entry_id, b"")
        return is_ours(self._key, entry_id, content, mac, self._tables.stamps.get(entry_id))

    def index_of(self, entry_id: UUID) -> int | None:
        found = self.whereabouts(entry_id)
        return found[1] if found is not None and found[0] == self._current else None

    def indexes_of(self, entry_ids: Collection[UUID]) -> Mapping[UUID, int]:
        found = ((each, self.index_of(each)) for each in entry_ids)
        return {each: index for each, index in found if index is not None}

    def whereabouts(self, entry_id: UUID) -> tuple[int, int] | None:
        either = (entry_id, uuid5(entry_id, CARRIED))
        places = [place for place, known in self._tables.entry_ids.items() if known in either]
        return (max(places) // PLACES + 1, max(places) % PLACES) if places else None

    def is_sealed(self, entry_id: UUID) -> bool:
        found = self.whereabouts(entry_id)
        if found is None:
            return False
        return any(checkpoint.size > found[1] for checkpoint in self.of(found[0]).checkpoints())

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        number = self._tables.next_number("checkpoint")
        self._tables.checkpoints[number] = checkpoint
        self._tables.checkpoint_logs[number] = self._current

    def last_checkpoint(self) -> Checkpoint | None:
        checkpoints = self.checkpoints()
        return checkpoints[-1] if checkpoints else None

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        ours = (
            checkpoint
            for number, checkpoint in self._tables.checkpoints.items()
            if self._tables.checkpoint_logs.get(number, 1) == self._current
        )
        return tuple(sorted(ours, key=attrgetter("size")))

    def checkpoints_over(self, index: int, limit: int) -> tuple[Checkpoint, ...]:
        return tuple(each for each in self.checkpoints() if each.size > index)[:limit]


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

    def add_all_custody(self, events: Sequence[CustodyEvent]) -> None:
        for event in events:
            self.add_custody(event)

    def custody_in(self, incident_id: UUID) -> tuple[CustodyEvent, ...]:
        ours = {exhibit.number for exhibit in self.of_incident(incident_id)}
        return tuple(event for event in self._tables.custody.values() if event.exhibit in ours)

    def custody(self, acts: Sequence[CustodyAct] = ()) -> tuple[CustodyEvent, ...]:
        return tuple(event for event in self._tables.custody.values() if not acts or event.act in acts)
