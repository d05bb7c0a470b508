"""The head of the log is kept outside from time to time, and it is written down where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from tocsin.domain.clock import Clock
from tocsin.domain.entry import Checkpoint
from tocsin.domain.ports.anchoring import Anchored
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note

ANCHOR = "anchor"
"""The kind of mark that remembers what each place outside holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one place holds: the last head it took, of which log, when; and why the last try failed.

    `probed` is what was found when it was tried whether we can take away what is kept there.
    """

    log: int = 0
    size: int = 0
    at: datetime | None = None
    reference: str = ""
    failure: str = ""
    probed: str = ""


@dataclass(frozen=True, slots=True)
class Anchoring:
    """The chapter of anchors. `every` is how often a place is given a new head."""

    store: Store
    clock: Clock
    every: timedelta

    def due(self, name: str) -> tuple[int, Checkpoint] | None:
        """Return the log's number and the head that a place is to be given now, None if nothing is due."""
        now = self.clock.now()
        with self.store.reading() as shelves:
            number = shelves.log.latest()
            held, last = held_in(shelves, name), shelves.log.of(number).last_checkpoint()
        if last is None or (held.log, held.size) == (number, last.size):
            return None
        if held.log == number and held.at is not None and timedelta(0) <= now - held.at < self.every:
            return None
        return number, last

    def kept(self, name: str, number: int, checkpoint: Checkpoint, anchored: Anchored) -> None:
        """Write down that a place holds a head."""
        with self.store.transaction() as shelves:
            before = held_in(shelves, name)
            held = Held(
                log=number,
                size=checkpoint.size,
                at=anchored.at,
                reference=anchored.reference,
                probed=before.probed,
            )
            self._keep(shelves, name, held)
            note(
                shelves,
                Happening.ANCHORED,
                at=self.clock.now(),
                subject=checkpoint.origin,
                facts={
                    "place": name,
                    "size": str(checkpoint.size),
                    "root": checkpoint.root.hex(),
                    "reference": anchored.reference,
                    "proof": sha256(anchored.proof).hexdigest() if anchored.proof else "",
                },
            )

    def failed(self, name: str, reason: str) -> None:
        """Remember that a place did not take a head; the level of trust falls as time passes."""
        with self.store.transaction() as shelves:
            held = held_in(shelves, name)
            self._keep(shelves, name, replace(held, failure=reason))

    def probed(self, name: str, found: str) -> None:
        """Remember what was found when it was tried whether a place lets us take things away."""
        with self.store.transaction() as shelves:
            self._keep(shelves, name, replace(held_in(shelves, name), probed=found))

    def _keep(self, shelves: Shelves, name: str, held: Held) -> None:
        shelves.marks.keep(ANCHOR, {name: msgspec.json.encode(held)}, self.clock.now())


def held_in(shelves: Shelves, name: str) -> Held:
    """Return what one place holds."""
    return _read(shelves.marks.of(ANCHOR, [name]).get(name))


def all_held(shelves: Shelves) -> Mapping[str, Held]:
    """Return what each place that was ever given a head holds, by name."""
    return {name: _read(kept) for name, kept in shelves.marks.all(ANCHOR).items()}


def _read(kept: bytes | None) -> Held:
    return Held() if kept is None else msgspec.json.decode(kept, type=Held)
