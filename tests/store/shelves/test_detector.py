"""What detection remembers, on every store."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.domain.source import SourceProgress, StoredShard

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST = SourceProgress(source="cloudtrail", position=5_000_000_000, newest=NOON, heard_at=NOON)


def test_a_source_moves_on_from_where_it_was(any_store):
    begin = SourceProgress(source="cloudtrail")
    with any_store.transaction() as shelves:
        assert shelves.detector.progress() == {}
        assert shelves.detector.advance(begin, FIRST)
        assert shelves.detector.advance(SourceProgress(source="other"), SourceProgress(source="other"))
    with any_store.reading() as shelves:
        progress = shelves.detector.progress()
        assert progress["cloudtrail"] == FIRST
        assert progress["other"].position == 0


def test_a_source_that_another_worker_moved_stays_where_that_left_it(any_store):
    begin = SourceProgress(source="cloudtrail")
    with any_store.transaction() as shelves:
        assert shelves.detector.advance(begin, FIRST)
        assert not shelves.detector.advance(begin, SourceProgress(source="cloudtrail", position=7))
        assert shelves.detector.progress()["cloudtrail"] == FIRST


def test_shards_are_kept_by_number_with_their_versions(any_store):
    with any_store.transaction() as shelves:
        assert shelves.detector.versions() == {}
        assert shelves.detector.save_shards({3: b"three", 1: b"\x00one\xff"}, {})
        assert shelves.detector.save_shards({3: b"three again"}, {3: 1})
    with any_store.reading() as shelves:
        assert shelves.detector.versions() == {1: 1, 3: 2}
        assert shelves.detector.shards([1, 2]) == {1: StoredShard(1, b"\x00one\xff")}
        assert shelves.detector.shards([3]) == {3: StoredShard(2, b"three again")}


def test_no_shard_is_stored_over_one_that_was_not_seen(any_store):
    with any_store.transaction() as shelves:
        assert shelves.detector.save_shards({1: b"first"}, {})
        assert not shelves.detector.save_shards({1: b"blind"}, {})
        assert not shelves.detector.save_shards({1: b"first", 2: b"new"}, {1: 9})
    with any_store.reading() as shelves:
        assert shelves.detector.versions() == {1: 1}
        assert shelves.detector.shards([1, 2]) == {1: StoredShard(1, b"first")}
