"""Lets a log grow and signs its head, without the loops that do so in a server."""

from __future__ import annotations

from uuid import UUID

from tocsin.app.wiring import App
from tocsin.audit.checkpoint import signed
from tocsin.audit.leaf import decode
from tocsin.audit.merkle import root_of
from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note


def sealed_entries(app: App, count: int = 1) -> tuple[Leaf, ...]:
    """Write entries, give them their places, sign the head, and return all of the log."""
    with app.store.transaction() as shelves:
        for _ in range(count):
            note(shelves, Happening.NOTE, at=app.clock.now())
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        leaves = shelves.log.leaves(0, shelves.log.size())
        root = root_of([leaf.leaf_hash for leaf in leaves])
        shelves.log.add_checkpoint(signed(len(leaves), root, app.signer, app.clock.now()))
    return leaves


def last_head(app: App) -> Checkpoint:
    with app.store.reading() as shelves:
        last = shelves.log.last_checkpoint()
    assert last is not None
    return last


def id_of(leaf: Leaf) -> UUID:
    return decode(leaf.content).entry_id
