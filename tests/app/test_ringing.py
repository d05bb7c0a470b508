from __future__ import annotations

import pytest

from nouns import an_arrival
from tocsin.app.ringing import RingingStore


def test_the_bell_rings_once_what_was_written_is_durable(memory_store) -> None:
    seen: list[bool] = []
    arrival = an_arrival()

    def ring() -> None:
        with memory_store.reading() as shelves:
            seen.append(shelves.arrivals.get(arrival.arrival_id) is not None)

    with RingingStore(memory_store, ring).transaction() as shelves:
        shelves.arrivals.add(arrival)
        assert seen == []
    assert seen == [True]


def test_what_was_rolled_back_rings_nobody(memory_store) -> None:
    rings: list[int] = []
    store = RingingStore(memory_store, lambda: rings.append(1))
    with pytest.raises(RuntimeError), store.transaction():
        raise RuntimeError
    assert rings == []


def test_looking_rings_nobody(memory_store) -> None:
    rings: list[int] = []
    with RingingStore(memory_store, lambda: rings.append(1)).reading() as shelves:
        assert shelves.timeline.last_number() == 0
    assert rings == []
