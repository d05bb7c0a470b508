"""Gives the log's head to places outside from time to time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.domain.ports.anchoring import Anchor
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.flow.anchor import Anchoring
from tocsin.store.whole_files import create_whole

log = logging.getLogger("tocsin.worker")

REST_S = 30.0


@dataclass(slots=True)
class Anchors:
    """One round gives each place the head that is due for it; proofs are kept in a folder of the home.

    Another process may do the same at the same time: a head that is kept twice does no harm.
    """

    chapter: Anchoring
    places: Sequence[Anchor]
    folder: Path
    _probed: set[str] = field(default_factory=set)

    def round(self) -> float:
        """Do what is due, and return how long to rest (seconds)."""
        for place in self.places:
            try:
                self._probe(place)
                self._anchor(place)
            except DeliveryFailed as failed:
                log.warning("the head of the log could not be kept by %s: %s", place.name, failed.reason)
                self.chapter.failed(place.name, f"{failed.kind}: {failed.reason}"[:300])
        return REST_S

    def _probe(self, place: Anchor) -> None:
        """Try once after each start whether what is kept there can be taken away by us."""
        if place.name not in self._probed:
            self.chapter.probed(place.name, place.probe())
            self._probed.add(place.name)

    def _anchor(self, place: Anchor) -> None:
        due = self.chapter.due(place.name)
        if due is None:
            return
        number, head = due
        anchored = place.keep(head.origin, head.size, head.note)
        if anchored.proof:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            name = f"{number}-{head.size:020}"
            create_whole(self.folder / f"{name}.checkpoint", head.note.encode())
            create_whole(self.folder / f"{name}.{place.name}.tsr", anchored.proof)
        self.chapter.kept(place.name, number, head, anchored)
