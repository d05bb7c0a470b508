from __future__ import annotations

from operator import neg

import pytest

from nouns import NOON, later
from tocsin.domain.person import Role
from tocsin.store.memory.tables import MemoryToken, Tables, newest, put_changed, put_new


def test_a_copy_shares_no_table():
    tables = Tables()
    copy = tables.copy()
    copy.progress["a"] = 1
    assert copy.next_number("incident") == 1
    assert (tables.progress, tables.numbers) == ({}, {})


def test_new_means_new_and_changed_means_known():
    table = {"a": 1}
    put_new(table, "b", 2)
    put_changed(table, "a", 3)
    assert table == {"a": 3, "b": 2}
    with pytest.raises(ValueError, match="already"):
        put_new(table, "a", 4)
    with pytest.raises(LookupError, match="never added"):
        put_changed(table, "c", 4)


def test_the_newest_come_first_up_to_a_limit():
    assert newest([1, 3, 2], 2, abs) == (3, 2)
    assert newest([1, 3, 2], 2, neg) == (1, 2)


def test_a_token_lives_until_it_expires_or_is_revoked():
    token = MemoryToken("d", "ci", Role.INGEST, NOON, later(5))
    assert token.is_live(later(4))
    assert not token.is_live(later(5))
    assert not MemoryToken("d", "ci", Role.INGEST, NOON, None, revoked_at=NOON).is_live(NOON)
    assert token.row(3)["number"] == "3"
    assert "d" not in token.row(3).values()
