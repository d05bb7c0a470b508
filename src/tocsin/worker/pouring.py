"""Pours what was fetched into the lake once: what a crash cut off is looked for there before it comes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from uuid import uuid4

from tocsin.connectors.refusal import Refused
from tocsin.domain.arrival import Arrival
from tocsin.domain.clock import Clock
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.take import Take, Unreadable

BEGUN = "pour.begun"
REACHED = "pour.reached"
_LINES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was fetched at once. `marks` of a `kind` say that it was, and are kept with it or not at all.

    `key` names the place it came from; of each place one batch is poured at a time.
    """

    kind: str
    key: str
    source: str
    lines: Sequence[bytes]
    marks: Mapping[str, bytes]
    refused: Sequence[Refused] = ()


@dataclass(frozen=True, slots=True)
class Pouring:
    """Writes down what it is about to append, appends it, and writes down that it is done."""

    store: Store
    lake: SignalLake
    clock: Clock
    take: Take
    ring: Callable[[], None] = field(default=lambda: None)

    def pour(self, batch: Batch) -> None:
        """Keep a batch durably. Raises `Overloaded`; then nothing counts as done."""
        reached = None
        if batch.lines:
            self._begin(batch)
            reached = self.lake.append(batch.source, batch.lines)
        with self.store.transaction() as shelves:
            self._settle(shelves, batch.kind, batch.key, batch.marks)
            if reached is not None:
                shelves.marks.keep(REACHED, {batch.source: str(reached).encode()}, self.clock.now())
            self._set_aside(shelves, batch)
        if batch.lines:
            self.ring()

    def recover(self, kind: str, key: str) -> bool:
        """Settle what somebody had begun for a place before a crash; True if it lies in the lake."""
        name = f"{kind}:{key}"
        with self.store.reading() as shelves:
            begun = shelves.marks.of(BEGUN, [name]).get(name)
        if begun is None:
            return False
        told = json.loads(begun)
        is_there = self._holds(told)
        with self.store.transaction() as shelves:
            marks = {mark: base64.b64decode(state) for mark, state in told["marks"].items()}
            self._settle(shelves, kind, key, marks if is_there else {})
        return is_there

    def _begin(self, batch: Batch) -> None:
        name = f"{batch.kind}:{batch.key}"
        with self.store.transaction() as shelves:
            reached = shelves.marks.of(REACHED, [batch.source]).get(batch.source, b"0")
            told = {
                "source": batch.source,
                "after": int(reached),
                "count": len(batch.lines),
                "first": _digest(batch.lines[:1]),
                "digest": _digest(batch.lines),
                "marks": {mark: base64.b64encode(state).decode() for mark, state in batch.marks.items()},
            }
            shelves.marks.keep(BEGUN, {name: json.dumps(told).encode()}, self.clock.now())

    def _settle(self, shelves: Shelves, kind: str, key: str, marks: Mapping[str, bytes]) -> None:
        shelves.marks.keep(kind, marks, self.clock.now())
        shelves.marks.drop(BEGUN, [f"{kind}:{key}"])

    def _set_aside(self, shelves: Shelves, batch: Batch) -> None:
        for part in batch.refused:
            arrival = Arrival(
                arrival_id=uuid4(),
                connector="signals",
                source=batch.source,
                key=sha256(part.body).hexdigest(),
                received_at=self.clock.now(),
                body=part.body,
                sender=batch.kind,
            )
            self.take.set_aside(shelves, arrival, Unreadable(part.body, part.reason))

    def _holds(self, told: Mapping[str, object]) -> bool:
        """Say whether the lines of a batch lie in the lake together, as an append leaves them."""
        count = int(str(told["count"]))
        held: list[bytes] = []
        offset = int(str(told["after"]))
        while True:
            lines, stop = self.lake.read(str(told["source"]), offset, _LINES_AT_ONCE)
            held += lines
            if any(_begins(held, start, count, told) for start in range(len(held) - count + 1)):
                return True
            if not lines:
                return False
            held, offset = held[max(len(held) - count + 1, 0) :], stop


def _begins(held: list[bytes], start: int, count: int, told: Mapping[str, object]) -> bool:
    """Say whether a batch begins here; most places are told by their first line alone."""
    if _digest(held[start : start + 1]) != told["first"]:
        return False
    return _digest(islice(held, start, start + count)) == told["digest"]


def _digest(lines: Sequence[bytes] | islice[bytes]) -> str:
    found = sha256()
    for line in lines:
        found.update(line + b"\n")
    return found.hexdigest()
