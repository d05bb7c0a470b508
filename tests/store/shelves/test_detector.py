"""What detection remembers, on every store."""

from __future__ import annotations


def test_a_position_starts_at_zero_and_moves(any_store):
    with any_store.transaction() as shelves:
        assert shelves.detector.position("cloudtrail") == 0
        shelves.detector.save_position("cloudtrail", 5_000_000_000)
        shelves.detector.save_position("other", 1)
        shelves.detector.save_position("cloudtrail", 5_000_000_001)
    with any_store.reading() as shelves:
        assert shelves.detector.position("cloudtrail") == 5_000_000_001
        assert shelves.detector.position("other") == 1


def test_the_correlation_state_is_replaced_whole(any_store):
    with any_store.transaction() as shelves:
        assert shelves.detector.load_state() is None
        shelves.detector.save_state(b"first")
        shelves.detector.save_state(b"\x00second\xff")
    with any_store.reading() as shelves:
        assert shelves.detector.load_state() == b"\x00second\xff"
