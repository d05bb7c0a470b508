"""Leaves by column, as they are and as somebody left them who wrote around us."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connections

from tocsin.domain.entry import Stretch
from tocsin.store.shelves.log import LogGone


@pytest.fixture
def filled(any_store):
    with any_store.transaction() as shelves:
        for number in range(5):
            shelves.log.append(UUID(int=number + 1), b"line %d \x00\xff" % number)
        shelves.log.sequence()
    return any_store


def test_a_stretch_is_the_leaves_by_column(filled) -> None:
    with filled.reading() as shelves:
        for start, stop in ((0, 5), (1, 3), (3, 99), (5, 9), (-2, 1)):
            assert shelves.log.stretch(start, stop) == Stretch.of(shelves.log.leaves(start, stop))


WRONG = (
    ("mac", "zz"),
    ("mac", b"\xff" * 32),
    ("mac", 7),
    ("writer", "\x80"),
    ("writer", None),
    ("counter", "7"),
    ("counter", -1),
    ("entry_id", "not hexadecimal at all, I am afraid"),
    ("entry_id", "00"),
    ("entry_id", 5),
    ("content", "a text"),
)


@pytest.mark.parametrize(("column", "value"), WRONG)
def test_whatever_lies_in_a_column_of_sqlite_the_entry_is_named(sqlite_store, column, value) -> None:
    with sqlite_store.transaction() as shelves:
        for number in range(5):
            shelves.log.append(UUID(int=number + 1), b"line %d" % number)
        shelves.log.sequence()
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP TRIGGER leaf_never_changes")
        cursor.execute(f'UPDATE store_leaf SET {column} = %s WHERE "index" = 3', [value])
        if value == "\x80":
            cursor.execute("UPDATE store_leaf SET writer = CAST(x'80' AS TEXT) WHERE \"index\" = 3")
    with sqlite_store.reading() as shelves:
        assert shelves.log.stretch(1, 5).forged == 3
        assert shelves.log.first_forged(0) == 3
        assert shelves.log.first_forged(4) is None
        assert len(shelves.log.leaves(0, 5)) == 5


@pytest.mark.parametrize("column", ["content", "leaf_hash"])
def test_a_leaf_that_holds_nothing_is_no_log_of_ours(database_store, column) -> None:
    with database_store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"line")
        shelves.log.sequence()
    with connections["default"].cursor() as cursor:
        if connections["default"].vendor == "sqlite":
            cursor.execute("ALTER TABLE store_leaf RENAME TO away")
            cursor.execute("CREATE TABLE store_leaf AS SELECT * FROM away")
            cursor.execute(f"UPDATE store_leaf SET {column} = NULL")
        else:
            cursor.execute("ALTER TABLE store_leaf DISABLE TRIGGER USER")
            cursor.execute(f"ALTER TABLE store_leaf ALTER {column} DROP NOT NULL")
            cursor.execute(f"UPDATE store_leaf SET {column} = NULL")
    with database_store.reading() as shelves:
        for read in (shelves.log.stretch, shelves.log.leaves):
            with pytest.raises(LogGone):
                read(0, 1)


def test_a_table_that_is_gone_is_a_log_that_is_gone(database_store) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP TABLE store_leaf")
    for read in ("stretch", "leaves"):
        with database_store.reading() as shelves, pytest.raises(LogGone):
            getattr(shelves.log.of(1), read)(0, 1)
