"""What the database tells of its guards, and what Eve leaves behind when she takes them away."""

from __future__ import annotations

import json

from django.db import connections

from tocsin.store.guards import guards_of, state_of


def run(*statements: str) -> None:
    with connections["default"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_fresh_database_is_guarded(database_store) -> None:
    guards = guards_of("default")
    assert (guards.missing, guards.traces, guards.strange, guards.gone) == ((), (), (), ())
    assert set(guards.tables) == {"store_leaf", "store_logwaiting", "store_checkpoint"}


def test_a_guard_that_is_dropped_or_disabled_is_missing(database_store) -> None:
    if connections["default"].vendor == "sqlite":
        run("DROP TRIGGER leaf_never_goes")
        assert guards_of("default").missing == ("leaf_never_goes",)
        return
    run(
        "DROP TRIGGER checkpoint_never_truncated ON store_checkpoint",
        "ALTER TABLE store_logwaiting ENABLE TRIGGER waiting_never_changes",
        "ALTER TABLE store_leaf DISABLE TRIGGER leaf_never_changes",
    )
    guards = guards_of("default")
    assert guards.missing == ("checkpoint_never_truncated", "leaf_never_changes", "waiting_never_changes")
    assert len(guards.traces) == 3
    assert "DROP TRIGGER" in guards.traces[0]


def test_a_table_made_anew_under_its_name_is_another_table(database_store) -> None:
    before = guards_of("default").tables
    run("ALTER TABLE store_leaf RENAME TO before", "CREATE TABLE store_leaf AS SELECT * FROM before")
    after = guards_of("default").tables
    assert before["store_leaf"] != after["store_leaf"]
    assert before["store_checkpoint"] == after["store_checkpoint"]


def test_the_state_of_the_database_is_told_as_json(database_store) -> None:
    told = json.loads(json.dumps(state_of("default"), default=str))
    if connections["default"].vendor == "sqlite":
        assert any("leaf_never_changes" in row for row in told["schema"])
        return
    assert "/" in told["wal_position"][0][0]
    assert told["activity"]
    assert ["store_leaf", "leaf_never_changes", "A"] in told["triggers"]


def test_what_cannot_be_seen_is_told_as_such(postgres_store) -> None:
    run("DROP TABLE store_logtrace")
    assert state_of("default")["traces"] == "not to be seen: ProgrammingError"
    assert guards_of("default").unseen == "The database does not tell of its guards: ProgrammingError."


def test_what_sits_on_our_tables_and_is_not_ours_is_strange(database_store) -> None:
    if connections["default"].vendor == "sqlite":
        run(
            "CREATE TRIGGER zz BEFORE INSERT ON store_incident BEGIN SELECT RAISE(IGNORE); END",
            "DROP TRIGGER leaf_never_goes",
            "CREATE TRIGGER leaf_never_goes BEFORE DELETE ON store_leaf BEGIN SELECT 1; END",
        )
        strange = ("trigger leaf_never_goes on store_leaf", "trigger zz on store_incident")
        assert (guards_of("default").strange, guards_of("default").missing) == (strange, ())
        return
    run(
        "CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER zz BEFORE INSERT ON store_incident FOR EACH ROW EXECUTE FUNCTION zz()",
        "CREATE RULE yy AS ON INSERT TO store_alert DO INSTEAD NOTHING",
        "ALTER TABLE store_page ENABLE ROW LEVEL SECURITY",
        "CREATE OR REPLACE FUNCTION tocsin_refuse_leaf_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$",
    )
    assert guards_of("default").strange == (
        "row security on store_page",
        "rule yy on store_alert",
        "trigger zz on store_incident",
        "function tocsin_refuse_leaf_change",
    )


def test_a_table_of_ours_that_is_not_there_is_named(database_store) -> None:
    run("ALTER TABLE store_sourcemark RENAME TO elsewhere")
    assert guards_of("default").gone == ("store_sourcemark",)
