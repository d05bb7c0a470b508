"""The tables are what the migrations make; cheap queries have their index; the log is guarded.

Who can drop a trigger can change a line of the log all the same, and is found out by the log itself.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections

from nouns import a_checkpoint
from tocsin.domain.person import Role
from tocsin.store.models import Account, LogTrace


def test_the_migrations_make_exactly_these_tables(sqlite_store):
    call_command("makemigrations", "store", check=True, dry_run=True, verbosity=0)


def test_the_first_migration_can_run_twice_without_harm(database_store):
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(
            "SELECT * FROM store_job WHERE state='ready' AND kind='a' AND run_at<='2026' ORDER BY run_at",
            "job_due",
            id="due jobs",
        ),
        pytest.param(
            "SELECT * FROM store_alert WHERE fingerprint='a' ORDER BY number DESC LIMIT 1",
            "alert_latest",
            id="the latest alert",
        ),
        pytest.param(
            "SELECT * FROM store_incident WHERE group_digest='a' AND status IN ('open') ORDER BY number DESC",
            "incident_group",
            id="the incident of a group",
        ),
        pytest.param(
            "SELECT * FROM store_timelineline WHERE incident='a' ORDER BY number",
            "timeline_incident",
            id="a timeline",
        ),
    ],
)
def test_a_hot_query_has_its_index(sqlite_store, query, index):
    with connections["default"].cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert index in plan


def test_an_account_shows_a_name_and_hides_its_password(sqlite_store):
    account = Account(username="ada", display_name="Ada", role=Role.COMMANDER.value)
    account.set_password("correct horse battery")
    assert (str(account), account.get_full_name()) == ("ada", "Ada")
    assert "horse" not in account.password
    assert account.check_password("correct horse battery")
    assert Role(account.role) is Role.COMMANDER


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


GUARDED = (
    "UPDATE store_logwaiting SET content = mac",
    "DELETE FROM store_logwaiting",
    "UPDATE store_checkpoint SET size = 0",
    "DELETE FROM store_checkpoint",
)
TRUNCATED = tuple(
    f"SET session_replication_role = replica; TRUNCATE {table}"
    for table in ("store_logwaiting", "store_checkpoint")
)


def test_what_waits_for_its_place_and_what_was_signed_cannot_be_changed_or_removed(kept):
    with kept.transaction() as shelves:
        shelves.log.append(UUID(int=2), b"it waits")
        shelves.log.add_checkpoint(a_checkpoint(1))
    more = TRUNCATED if connections["default"].vendor == "postgresql" else ()
    for statement in (*GUARDED, *more):
        with pytest.raises(DatabaseError, match=r"never|only when"):
            run(statement)
        connections["default"].close()
    with kept.reading() as shelves:
        assert (shelves.log.waiting(), shelves.log.last_checkpoint()) == (1, a_checkpoint(1))


def test_postgresql_keeps_a_trace_of_what_is_done_to_the_tables_of_the_log(postgres_store):
    for statement in (
        "ALTER TABLE store_leaf DISABLE TRIGGER ALL",
        "CREATE TABLE elsewhere (a int)",
        "DROP TRIGGER leaf_never_changes ON store_leaf",
        "ALTER TABLE store_leaf RENAME TO store_leaf_before",
    ):
        run(statement)
    assert [each.what.partition(":")[0] for each in LogTrace.objects.order_by("id")] == [
        "ALTER TABLE",
        "DROP TRIGGER",
        "ALTER TABLE",
    ]


def test_eve_can_change_a_line_only_by_dropping_the_guard(kept):
    vendor = connections["default"].vendor
    run(DROPS[vendor])
    run(CHANGES[vendor][0])
    with kept.reading() as shelves:
        assert shelves.log.leaves(0, 1)[0].content != b"as it was"
