"""Sealed is said only where the log proves it."""

from __future__ import annotations

from uuid import UUID

from nouns import a_checkpoint
from tocsin.console.seals import everything_is_sealed


def _sealed(store) -> bool:
    with store.reading() as shelves:
        return everything_is_sealed(shelves)


def test_an_entry_is_unsealed_until_a_checkpoint_covers_it(memory_store):
    assert not _sealed(memory_store)
    with memory_store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"{}")
        shelves.log.add_checkpoint(a_checkpoint(size=0))
    assert not _sealed(memory_store), "it waits for its index"
    with memory_store.transaction() as shelves:
        shelves.log.sequence()
    assert not _sealed(memory_store), "it lies behind the checkpoint"
    with memory_store.transaction() as shelves:
        shelves.log.add_checkpoint(a_checkpoint(size=1))
    assert _sealed(memory_store)
