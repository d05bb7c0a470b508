"""Numbers are never given twice, however many ask."""

from __future__ import annotations

import threading

import pytest

from nouns import an_incident
from tocsin.store.django_store import DjangoStore


def test_threads_that_ask_at_once_get_different_numbers(database_store):
    taken: list[int] = []
    start = threading.Barrier(4)

    def take():
        store = DjangoStore()
        start.wait()
        for _ in range(10):
            with store.transaction() as shelves:
                taken.append(shelves.incidents.next_number())
        store.hang_up()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40


def test_an_undone_transaction_may_leave_a_gap_but_never_a_double(database_store):
    with database_store.transaction() as shelves:
        first = shelves.incidents.next_number()
    with pytest.raises(LookupError), database_store.transaction() as shelves:
        shelves.incidents.save(an_incident(shelves.incidents.next_number()))
    with database_store.transaction() as shelves:
        assert shelves.incidents.next_number() > first
        assert shelves.exhibits.next_number() == 1
