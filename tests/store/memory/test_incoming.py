"""What only the memory twin of the intake could get wrong; the contract: tests/store/shelves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from databases import write
from nouns import a_quarantined, an_alert, an_arrival, later


def test_an_undone_arrival_can_come_again(memory_store):
    arrival = an_arrival()
    with pytest.raises(LookupError):
        write(
            memory_store,
            lambda shelves: shelves.arrivals.add(arrival),
            lambda shelves: shelves.alerts.save(an_alert(number=9)),
        )
    with memory_store.transaction() as shelves:
        assert shelves.arrivals.add(arrival)


def test_an_undone_episode_is_not_the_latest(memory_store):
    with memory_store.transaction() as shelves:
        first = shelves.alerts.add(an_alert())
    with pytest.raises(LookupError):
        write(
            memory_store,
            lambda shelves: shelves.alerts.add(replace(first, starts_at=later(9))),
            lambda shelves: shelves.alerts.save(an_alert(number=9)),
        )
    with memory_store.reading() as shelves:
        assert shelves.alerts.latest(first.fingerprint) == first


def test_a_replay_that_is_undone_still_waits(memory_store):
    with memory_store.transaction() as shelves:
        kept = shelves.quarantine.add(a_quarantined())
    with pytest.raises(LookupError):
        write(
            memory_store,
            lambda shelves: shelves.quarantine.mark_replayed(kept.number, later(1)),
            lambda shelves: shelves.alerts.save(an_alert(number=9)),
        )
    with memory_store.reading() as shelves:
        assert shelves.quarantine.waiting() == (kept,)
