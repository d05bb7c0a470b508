"""The memory twin's transactions; what all stores share is in tests/store/test_django_store.py."""

from __future__ import annotations

import threading

import pytest

from nouns import an_incident
from tocsin.store.memory import MemoryStore


def test_nothing_of_a_transaction_is_seen_before_it_ends(memory_store):
    seen = []

    def look():
        with memory_store.reading() as shelves:
            seen.append(shelves.incidents.count())

    with memory_store.transaction() as shelves:
        shelves.incidents.add(an_incident())
        reader = threading.Thread(target=look)
        reader.start()
        reader.join(10)
    look()
    assert seen == [0, 1]


def test_a_write_while_reading_is_a_mistake_and_changes_nothing(memory_store):
    with pytest.raises(RuntimeError, match="only to be read"), memory_store.reading() as shelves:
        shelves.incidents.add(an_incident())
    with memory_store.reading() as shelves:
        assert shelves.incidents.count() == 0


def test_two_stores_share_nothing():
    first, second = MemoryStore(), MemoryStore()
    with first.transaction() as shelves:
        shelves.lock("anything")
        shelves.incidents.add(an_incident())
    with second.reading() as shelves:
        assert shelves.incidents.count() == 0
