"""Timeline lines on every store."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import UUID

from nouns import INCIDENT, an_entry
from tocsin.domain.timeline import Happening
from tocsin.store.django_store import DjangoStore


def test_lines_come_back_in_order_with_growing_numbers(any_store):
    with any_store.transaction() as shelves:
        first = shelves.timeline.add(an_entry())
        other = shelves.timeline.add(
            an_entry(incident_id=UUID(int=2), kind=Happening.EXHIBIT_KEPT, exhibit=3)
        )
        last = shelves.timeline.add(an_entry(automated=True, actor="tocsin"))
        assert shelves.timeline.since(0) == (first, other, last)
    assert first == replace(an_entry(), number=first.number)
    assert 0 < first.number < other.number < last.number
    with any_store.reading() as shelves:
        assert shelves.timeline.of_incident(INCIDENT) == (first, last)
        assert shelves.timeline.since(0) == (first, other, last)
        assert shelves.timeline.since(first.number) == (other, last)
        assert shelves.timeline.since(0, limit=1) == (first,)
        assert shelves.timeline.last_number() == last.number


def test_an_empty_timeline_ends_at_zero(any_store):
    with any_store.reading() as shelves:
        assert shelves.timeline.last_number() == 0
        assert shelves.timeline.since(0) == ()


def test_a_reader_never_passes_a_line_that_is_still_being_written(postgres_store):
    taken, may_commit = threading.Event(), threading.Event()

    def slow_writer():
        store = DjangoStore()
        with store.transaction() as shelves:
            shelves.timeline.add(an_entry(text="slow"))
            taken.set()
            may_commit.wait(10)
        store.hang_up()

    with postgres_store.transaction() as shelves:
        first = shelves.timeline.add(an_entry(text="first"))
    writer = threading.Thread(target=slow_writer)
    writer.start()
    taken.wait(10)
    with postgres_store.transaction() as shelves:
        shelves.timeline.add(an_entry(text="quick"))
    with postgres_store.reading() as shelves:
        assert [entry.text for entry in shelves.timeline.since(0)] == ["first"]
        assert shelves.timeline.last_number() == first.number
    may_commit.set()
    writer.join()
    with postgres_store.reading() as shelves:
        assert [entry.text for entry in shelves.timeline.since(first.number)] == ["slow", "quick"]
        assert shelves.timeline.last_number() == first.number + 2
