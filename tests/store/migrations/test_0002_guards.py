"""The database itself refuses to change the log; who can drop a trigger can, and is found out by the log."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import DatabaseError, connections

CHANGES = {
    "sqlite": ("UPDATE store_leaf SET content = x'00'", "DELETE FROM store_leaf"),
    "postgresql": (
        "UPDATE store_leaf SET content = ''",
        "DELETE FROM store_leaf",
        "TRUNCATE store_leaf",
        "SET session_replication_role = replica; DELETE FROM store_leaf",
        "SET session_replication_role = replica; TRUNCATE store_leaf",
    ),
}
DROPS = {
    "sqlite": "DROP TRIGGER leaf_never_changes",
    "postgresql": "DROP TRIGGER leaf_never_changes ON store_leaf",
}


def run(statement):
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def kept(database_store):
    with database_store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"as it was")
        shelves.log.sequence()
    return database_store


def test_a_line_of_the_log_cannot_be_changed_or_removed(kept):
    for statement in CHANGES[connections["default"].vendor]:
        with pytest.raises(DatabaseError, match="never"):
            run(statement)
        connections["default"].close()
    with kept.reading() as shelves:
        assert [leaf.content for leaf in shelves.log.leaves(0, 9)] == [b"as it was"]


def test_eve_can_change_a_line_only_by_dropping_the_guard(kept):
    vendor = connections["default"].vendor
    run(DROPS[vendor])
    run(CHANGES[vendor][0])
    with kept.reading() as shelves:
        assert shelves.log.leaves(0, 1)[0].content != b"as it was"
