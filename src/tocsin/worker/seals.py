"""Gives waiting entries their place in the log and signs its head."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.audit.checkpoint import Head, signed
from tocsin.audit.growth import EntryForged, grown
from tocsin.audit.merkle import Frontier
from tocsin.audit.sealing import checkpoint_is_due, heartbeat_is_due
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Leaf
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.store.signer import FileSigner

log = logging.getLogger(__name__)

LEAVES_AT_ONCE = 5000
REST_S = 1.0


@dataclass(slots=True)
class Seals:
    """One round sequences what waits and signs a checkpoint when one is due. Safe beside other processes."""

    store: Store
    clock: Clock
    signer: FileSigner
    _frontier: Frontier = field(default_factory=Frontier)
    _last_entry_at: datetime | None = None
    _seen: int = 0

    def round(self) -> float:
        """Do what is due; return 0 while more entries wait, else how long to rest."""
        now = self.clock.now()
        with self.store.reading() as shelves:
            waiting = shelves.log.waiting()
            size, last = shelves.log.size(), shelves.log.last_checkpoint()
        if waiting or size > self._seen:
            self._last_entry_at = now
            self._seen = size + waiting
        if waiting:
            self._sequence()
            size += waiting
        elif heartbeat_is_due(self._last_entry_at, now):
            self._beat(now)
        if checkpoint_is_due(size, last, now):
            self._sign(now)
        return 0.0 if waiting > LEAVES_AT_ONCE else REST_S

    def _sequence(self) -> None:
        with self.store.transaction() as shelves:
            shelves.lock("log")
            shelves.log.sequence(LEAVES_AT_ONCE)

    def _beat(self, now: datetime) -> None:
        """A quiet log shows that it is alive: a checkpoint itself bears no time."""
        with self.store.transaction() as shelves:
            note(shelves, Happening.HEARTBEAT, at=now)
        self._last_entry_at = now

    def _sign(self, now: datetime) -> None:
        """Sign the head; one that contradicts what was signed before is refused, and nothing is kept.

        Entries before a forged one are signed. Raises `EntryForged`, `LogShrank`, `LogForked`.
        """
        self._catch_up()
        with self.store.transaction() as shelves:
            shelves.lock("log")
            last = shelves.log.last_checkpoint()
            size = shelves.log.size()
            if last is not None and last.size == size:
                return
            if self.signer.last_signed.size > (last.size if last else 0):
                log.error(
                    "the checkpoint that was signed last is not stored; if Tocsin was not stopped in the "
                    "middle of signing, somebody removed it"
                )
            forged = shelves.log.first_forged(self.signer.last_signed.size)
            stop = size if forged is None else min(forged, size)
            if stop > (last.size if last else 0):
                head = self._head(shelves, stop)
                self.signer.remember_hashes(lambda start: _hashes(shelves, start, stop))
                shelves.log.add_checkpoint(signed(head.size, head.root, self.signer, now))
        if forged is not None:
            raise EntryForged(forged)

    def _catch_up(self) -> None:
        """Read what was signed before while nobody waits: after a start that is the whole log."""
        remembered = self.signer.last_signed
        if self._frontier.size > remembered.size:
            # The signer signed less than we have read, for example because it refused the rest.
            self._frontier = Frontier()
        with self.store.reading() as shelves:
            grown(self._frontier, _leaves(shelves, self._frontier.size, remembered.size), remembered)

    def _head(self, shelves: Shelves, stop: int) -> Head:
        leaves = _leaves(shelves, self._frontier.size, stop)
        return grown(self._frontier, leaves, self.signer.last_signed)


def _hashes(shelves: Shelves, start: int, stop: int) -> Iterator[bytes]:
    return (leaf.leaf_hash for leaf in _leaves(shelves, start, stop))


def _leaves(shelves: Shelves, start: int, stop: int) -> Iterator[Leaf]:
    for index in range(start, stop, LEAVES_AT_ONCE):
        yield from shelves.log.leaves(index, min(index + LEAVES_AT_ONCE, stop))
