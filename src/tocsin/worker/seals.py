"""Gives waiting entries their place in the log and signs its head; a log that broke is frozen."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.app.breaches import breach_of
from tocsin.app.wiring import App
from tocsin.audit.checkpoint import Head, body, signed
from tocsin.audit.growth import EntryForged, EntryMissing, LogForked, LogShrank, grown
from tocsin.audit.merkle import Frontier
from tocsin.audit.sealing import checkpoint_is_due, heartbeat_is_due
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Leaf
from tocsin.domain.errors import Explained
from tocsin.domain.ports.proof import LogShelf
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.breach import SEQUENCER, Breach, first_entry
from tocsin.flow.record import note
from tocsin.store.faults import tables_as_written
from tocsin.store.lineage import Lineage
from tocsin.store.signer import FileSigner

log = logging.getLogger(__name__)

LEAVES_AT_ONCE = 5000
REST_S = 1.0


@dataclass(slots=True)
class Seals:
    """One round sequences what waits and signs a checkpoint when one is due. Safe beside other processes."""

    store: Store
    clock: Clock
    logs: Lineage
    breach: Breach
    _number: int = 0
    _frontier: Frontier = field(default_factory=Frontier)
    _last_entry_at: datetime | None = None
    _seen: int = 0
    _told: int = 0

    def round(self) -> float:
        """Do what is due; return 0 while more entries wait, else how long to rest.

        Where the log is found broken it is frozen, and the next round goes on with its successor. Raises what
        was found when no entry can be named, and `LogGone` when there is no log to be read.
        """
        number = self._turned_to()
        try:
            rest_s = self._round(number)
        except (EntryForged, EntryMissing, LogForked, LogShrank) as fault:
            log.error("the log is broken: %s", fault.happened)
            self.breach.found(number, fault)
            return 0.0
        if number - 1 > self._told:
            self._told = number - 1
            self._tell()
        return rest_s

    def _turned_to(self) -> int:
        """Return the log that is written to; begin to read it anew if it is another than before."""
        number = self.logs.number
        if number != self._number:
            self._number, self._frontier, self._seen = number, Frontier(), 0
        return number

    def _tell(self) -> None:
        """Call people to the log that broke, once its successor stands: where that fails, sealing goes on.

        The monitor tells again, and calls past the database where no incident comes of it.
        """
        try:
            with tables_as_written():
                self.breach.tell()
        except Explained as fault:
            log.error("people could not be called to the broken log: %s %s", fault.happened, fault.means)

    def _round(self, number: int) -> float:
        now = self.clock.now()
        with self.store.reading() as shelves:
            ours = shelves.log.of(number)
            waiting, size, last = ours.waiting(), ours.size(), ours.last_checkpoint()
        moved = self._sequence(number, now) if waiting or (number > 1 and not size) else 0
        size += moved
        if moved or size > self._seen:
            self._last_entry_at, self._seen = now, size
        elif heartbeat_is_due(self._last_entry_at, now):
            self._beat(now)
        if checkpoint_is_due(size, last, now):
            self._sign(number, now)
        return 0.0 if moved >= LEAVES_AT_ONCE else REST_S

    def _sequence(self, number: int, now: datetime) -> int:
        """Move what waits to the end of the log, unless it was frozen meanwhile; return how many entries."""
        with self.store.transaction() as shelves:
            shelves.lock(SEQUENCER)
            if self.logs.number != number:
                return 0
            ours = shelves.log.of(number)
            begun = self._begin(shelves, ours, number, now)
            return begun + ours.sequence(LEAVES_AT_ONCE)

    def _begin(self, shelves: Shelves, ours: LogShelf, number: int, now: datetime) -> int:
        """Begin a successor: entry 0 names the broken log, whose good entries that nobody signed follow."""
        if number == 1 or ours.size():
            return 0
        signed_before = self.logs.last_signed(number)
        if signed_before.size:
            raise LogShrank(signed_before, 0)
        broken = self.logs.broken(number - 1)
        if broken is None:
            raise RuntimeError(f"log {number} begins, and log {number - 1} was not frozen")
        carried = shelves.log.of(number - 1).carried(broken.signed_size)
        entries = (first_entry(broken, now), *carried)
        ours.begin(entries)
        return len(entries)

    def _beat(self, now: datetime) -> None:
        """A quiet log shows that it is alive: a checkpoint itself bears no time."""
        with self.store.transaction() as shelves:
            note(shelves, Happening.HEARTBEAT, at=now)
        self._last_entry_at = now

    def _sign(self, number: int, now: datetime) -> None:
        """Sign the head; one that contradicts what was signed before is refused, and nothing is kept.

        Entries before a forged one are signed. Raises `EntryForged`, `EntryMissing`, `LogShrank`,
        `LogForked`.
        """
        signer = self.logs.signer_of(number)
        self._catch_up(signer, number)
        most = self._signed_ahead(signer, number) if signer.asks_outside else None
        with self.store.transaction() as shelves:
            shelves.lock(SEQUENCER)
            ours = shelves.log.of(number)
            last, size = ours.last_checkpoint(), ours.size()
            if self.logs.number != number or (last is not None and last.size == size):
                return
            if signer.last_signed.size > (last.size if last else 0):
                log.error(
                    "the checkpoint that was signed last is not stored; if Tocsin was not stopped in the "
                    "middle of signing, somebody removed it"
                )
            forged = ours.first_forged(signer.last_signed.size)
            stop = _stop(ours, forged, most)
            if stop > (last.size if last else 0) and most in (None, stop):
                head = self._head(ours, signer, stop)
                signer.remember_hashes(lambda start: _hashes(ours, start, stop))
                ours.add_checkpoint(signed(head.size, head.root, signer, now))
        if forged is not None and forged < size:
            raise EntryForged(forged)

    def _signed_ahead(self, signer: FileSigner, number: int) -> int:
        """Have the head signed by who holds the key, outside of any transaction; return how long it is.

        The transaction that follows asks for the same head, and whoever holds the key keeps nobody waiting.
        """
        remembered = signer.last_signed
        with self.store.reading() as shelves:
            ours = shelves.log.of(number)
            last = ours.last_checkpoint()
            stop = _stop(ours, ours.first_forged(remembered.size), None)
            if stop <= (last.size if last else 0):
                return stop
            # A copy grows: where no signature comes, nothing was signed of what was read for it.
            head = grown(deepcopy(self._frontier), _leaves(ours, self._frontier.size, stop), remembered)
        signer.sign_ahead(body(head).encode())
        return stop

    def _catch_up(self, signer: FileSigner, number: int) -> None:
        """Read what was signed before while nobody waits: after a start that is the whole log."""
        remembered = signer.last_signed
        if self._frontier.size > remembered.size:
            # The signer signed less than we have read, for example because it refused the rest.
            self._frontier = Frontier()
        with self.store.reading() as shelves:
            leaves = _leaves(shelves.log.of(number), self._frontier.size, remembered.size)
            grown(self._frontier, leaves, remembered)

    def _head(self, ours: LogShelf, signer: FileSigner, stop: int) -> Head:
        return grown(self._frontier, _leaves(ours, self._frontier.size, stop), signer.last_signed)


def seals_of(app: App) -> Seals:
    """Return what seals an application's log."""
    return Seals(app.store, app.clock, app.logs, breach_of(app))


def _stop(ours: LogShelf, forged: int | None, most: int | None) -> int:
    """Return up to where the log may be signed: not from a forged entry on, nor beyond `most`."""
    return min(each for each in (ours.size(), forged, most) if each is not None)


def _hashes(ours: LogShelf, start: int, stop: int) -> Iterator[bytes]:
    return (leaf.leaf_hash for leaf in _leaves(ours, start, stop))


def _leaves(ours: LogShelf, start: int, stop: int) -> Iterator[Leaf]:
    for index in range(start, stop, LEAVES_AT_ONCE):
        yield from ours.leaves(index, min(index + LEAVES_AT_ONCE, stop))
