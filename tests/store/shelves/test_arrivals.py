"""Arrivals and quarantine on every store."""

from __future__ import annotations

from uuid import uuid4

from nouns import NOON, a_quarantined, an_arrival, later


def test_an_arrival_comes_back_byte_for_byte(any_store):
    kept = an_arrival()
    with any_store.transaction() as shelves:
        assert shelves.arrivals.add(kept) is True
    with any_store.reading() as shelves:
        assert shelves.arrivals.get(kept.arrival_id) == kept
        assert shelves.arrivals.get(uuid4()) is None


def test_a_repeat_of_the_same_key_from_the_same_source_is_not_kept(any_store):
    first, repeat = an_arrival(), an_arrival(body=b"other")
    with any_store.transaction() as shelves:
        assert shelves.arrivals.add(first) is True
        assert shelves.arrivals.add(repeat) is False
        assert shelves.arrivals.get(repeat.arrival_id) is None
    with any_store.transaction() as shelves:
        assert shelves.arrivals.add(an_arrival()) is False
        assert shelves.arrivals.add(an_arrival(source="other")) is True
        assert shelves.arrivals.add(an_arrival(connector="other")) is True
        assert shelves.arrivals.add(an_arrival(connector="prod", source="alertmanager")) is True


def test_a_key_of_a_megabyte_is_kept_like_any_other(any_store):
    # Digits of a long number: PostgreSQL could not index them, compressed or not.
    key = "".join(str(number * 7919) for number in range(100_000))
    with any_store.transaction() as shelves:
        assert shelves.arrivals.add(an_arrival(key=key)) is True
        assert shelves.arrivals.add(an_arrival(key=key)) is False
        assert shelves.arrivals.add(an_arrival(key=key + "1")) is True


def test_what_is_quarantined_waits_with_its_bytes_until_it_is_replayed(any_store):
    with any_store.transaction() as shelves:
        first = shelves.quarantine.add(a_quarantined())
        second = shelves.quarantine.add(a_quarantined(reason="half a gzip"))
    assert second.number > first.number > 0
    with any_store.transaction() as shelves:
        assert shelves.quarantine.get(first.number) == first
        assert first.body == b"\xff\x00{"
        assert shelves.quarantine.waiting() == (second, first)
        assert shelves.quarantine.waiting(limit=1) == (second,)
        shelves.quarantine.mark_replayed(second.number, later(5))
        shelves.quarantine.mark_replayed(second.number + 1, NOON)
    with any_store.reading() as shelves:
        assert shelves.quarantine.waiting() == (first,)
        assert shelves.quarantine.count_waiting() == 1
        assert shelves.quarantine.get(second.number).replayed_at == later(5)
        assert shelves.quarantine.get(second.number + 1) is None
