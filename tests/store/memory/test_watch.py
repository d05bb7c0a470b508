"""What only the memory twin of detector or tokens could get wrong; the contract: tests/store/shelves."""

from __future__ import annotations

import pytest

from databases import write
from nouns import NOON
from tocsin.domain.person import Role
from tocsin.domain.source import StoredShard


def test_a_digest_is_kept_once_as_in_a_database(memory_store):
    with memory_store.transaction() as shelves:
        shelves.tokens.add("d", "ci", Role.INGEST, None, NOON)
        shelves.detector.save_shards({5: b"kept"}, {})
    with pytest.raises(ValueError, match="already"):
        write(
            memory_store,
            lambda shelves: shelves.detector.save_shards({5: b"undone"}, {5: 1}),
            lambda shelves: shelves.tokens.add("d", "other", Role.ADMIN, None, NOON),
        )
    with memory_store.reading() as shelves:
        assert shelves.detector.shards([5]) == {5: StoredShard(1, b"kept")}
        assert shelves.tokens.role_of("d", NOON) == ("ci", Role.INGEST)
