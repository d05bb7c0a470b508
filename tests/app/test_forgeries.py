"""Forgeries in the log: the first at once, a flood as a sum, and no more than the reasons there are."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from nouns import NOON
from tocsin.app.forgeries import REPLAYED, Forgeries, Refusal
from tocsin.domain.clock import PushedClock


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def forgeries(memory_store, clock) -> Forgeries:
    return Forgeries(memory_store, clock)


def _refusal(reason: str = "its signature is wrong", source: str = "shop") -> Refusal:
    return Refusal(connector="github", source=source, sender="203.0.113.9", reason=reason)


def _told(forgeries: Forgeries) -> list[tuple[str, str, str]]:
    with forgeries.store.reading() as shelves:
        entries = [orjson.loads(content) for content in shelves.log.waiting_contents()]
    return [(entry["kind"], entry["facts"]["reason"], entry["facts"]["times"]) for entry in entries]


def test_the_first_is_told_at_once_with_everything_known(forgeries) -> None:
    forgeries.met(_refusal())
    with forgeries.store.reading() as shelves:
        (entry,) = [orjson.loads(content) for content in shelves.log.waiting_contents()]
    assert entry["actor"] == "nobody"
    assert entry["facts"] == {
        "connector": "github",
        "source": "shop",
        "sender": "203.0.113.9",
        "reason": "its signature is wrong",
        "times": "1",
    }


def test_a_flood_under_many_names_is_one_entry_a_minute(forgeries, clock) -> None:
    for number in range(1000):
        forgeries.met(_refusal(source=f"s{number}"))
    assert len(_told(forgeries)) == 1
    clock.push(timedelta(minutes=1))
    forgeries.met(_refusal())
    assert [times for _, _, times in _told(forgeries)] == ["1", "1000"]


def test_what_was_counted_is_told_even_if_nothing_more_comes(forgeries, clock) -> None:
    forgeries.met(_refusal())
    forgeries.met(_refusal())
    forgeries.write_sums()
    assert len(_told(forgeries)) == 1
    clock.push(timedelta(minutes=1))
    forgeries.write_sums()
    forgeries.write_sums()
    assert [times for _, _, times in _told(forgeries)] == ["1", "1"]


def test_each_reason_is_told_and_a_repetition_is_no_forgery(forgeries) -> None:
    with forgeries.store.transaction() as shelves:
        forgeries.met_in(shelves, _refusal(REPLAYED))
        forgeries.met_in(shelves, _refusal(REPLAYED))
    forgeries.met(_refusal())
    assert [kind for kind, _, _ in _told(forgeries)] == ["intake.refused", "intake.forged"]
