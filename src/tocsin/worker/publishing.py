"""Lays the log out as files for everybody to fetch: first the tiles, durably, then the head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.domain.clock import Clock
from tocsin.domain.entry import Checkpoint
from tocsin.domain.ports.shelves import Store
from tocsin.flow.cosign import Cosign
from tocsin.flow.sealing import attendance_in
from tocsin.store.tiles import TileFolder

REST_S = 1.0


@dataclass(frozen=True, slots=True)
class Publishing:
    """One round publishes the last head once its quorum is there, or has been missing for a minute.

    `grown` returns the tiles of a log by its number, complete for a checkpoint.
    """

    store: Store
    clock: Clock
    chapter: Cosign
    grown: Callable[[int, Checkpoint], TileFolder]

    def round(self) -> float:
        """Publish what is due; return how long to rest."""
        number, last = self.chapter.last()
        if last is not None:
            tiles = self.grown(number, last)
            if tiles.published() != last.note and self._may_be_shown(number, last):
                tiles.publish(last.note)
        return REST_S

    def _may_be_shown(self, number: int, last: Checkpoint) -> bool:
        if self.chapter.is_quorate(last):
            return True
        with self.store.reading() as shelves:
            return attendance_in(shelves, number).is_late(self.clock.now())
