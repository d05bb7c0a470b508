"""What will never be understood leaves the quarantine with a reason, which the log keeps."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.app.discarding import DiscardUnexplained, discard
from tocsin.domain.arrival import Quarantined
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound


@pytest.fixture
def store(memory_store):
    with memory_store.transaction() as shelves:
        shelves.quarantine.add(
            Quarantined(connector="signals", source="fw", reason="no JSON", body=b"{", received_at=NOON)
        )
    return memory_store


def drop(store, reason: str, number: int = 1) -> str:
    return discard(store, PushedClock(NOON), number, actor="ada", reason=reason)


def test_what_is_discarded_waits_no_more_and_the_log_says_why(store) -> None:
    assert drop(store, " It was a port scan. ") == "Q-1"
    with store.transaction() as shelves:
        assert shelves.quarantine.count_waiting() == 0
        shelves.log.sequence()
        (entry,) = shelves.log.leaves(0, 1)
    assert b"intake.discarded" in entry.content
    assert b"It was a port scan." in entry.content


def test_nothing_is_discarded_without_a_reason(store) -> None:
    with pytest.raises(DiscardUnexplained):
        drop(store, "  ")
    with store.reading() as shelves:
        assert shelves.quarantine.count_waiting() == 1


def test_what_is_not_there_or_was_discarded_before_is_not_found(store) -> None:
    drop(store, "noise")
    for number in (1, 9):
        with pytest.raises(NotFound):
            drop(store, "noise", number)
