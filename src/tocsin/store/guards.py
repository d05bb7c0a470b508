"""Looks at how the tables of the log are guarded, and what else the database can tell when a log broke."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.utils import DatabaseError

TABLES = ("store_leaf", "store_logwaiting", "store_checkpoint")
_SQLITE_GUARDS = frozenset(
    {
        *("leaf_never_changes", "leaf_never_goes", "waiting_never_changes", "waiting_goes_with_its_place"),
        *("checkpoint_never_changes", "checkpoint_never_goes"),
    }
)
_POSTGRES_GUARDS = frozenset(
    {
        *(
            "leaf_never_changes",
            "leaf_never_truncated",
            "waiting_never_changes",
            "waiting_goes_with_its_place",
        ),
        *("waiting_never_truncated", "checkpoint_never_changes", "checkpoint_never_truncated"),
    }
)
_MIGRATIONS = tuple(import_module(f"tocsin.store.migrations.{name}") for name in ("0002_guards", "0008_log"))
_MADE: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(each for migration in _MIGRATIONS for each in migration.SQLITE),
    "postgresql": tuple(each for migration in _MIGRATIONS for each in migration.POSTGRES),
}
"""The statements that made our triggers and their functions."""
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)")
MOST_SESSIONS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """How the log is guarded in the database.

    `missing` are triggers of ours that are gone, disabled, or not in force always. `tables` say which tables
    these are: a table that was made anew under its name differs. `traces` is what an event trigger saw done
    to them. `rewritten` counts rows of leaves that were changed or removed since the database began to count,
    None where it does not. `now` is the database's clock, None where it has none of its own. `unseen` says
    in a sentence why nothing of this is known. `strange` are triggers, rules and row security on tables of
    ours that Tocsin did not make, or not so: each can swallow or change what is written. `gone` are tables
    of ours that are not there.
    """

    missing: tuple[str, ...]
    tables: Mapping[str, str]
    traces: tuple[str, ...] = ()
    rewritten: int | None = None
    now: datetime | None = None
    unseen: str = ""
    strange: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def guards_of(alias: str) -> Guards:
    """Look at the guards of one database; what it does not tell is told as unseen."""
    try:
        with _looking(alias):
            return _postgres(alias) if connections[alias].vendor == "postgresql" else _sqlite(alias)
    except DatabaseError as error:
        why = f"The database does not tell of its guards: {type(error).__name__}."
        return Guards(missing=(), tables={}, unseen=why)


def _sqlite(alias: str) -> Guards:
    found = _rows(alias, "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    tables = _rows(alias, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    made = _MADE["sqlite"]
    return Guards(
        missing=tuple(sorted(_SQLITE_GUARDS - {name for name, _, _ in found})),
        tables={name: sql for name, sql in tables if name in TABLES},
        strange=tuple(sorted(f"trigger {name} on {table}" for name, sql, table in found if sql not in made)),
        gone=tuple(sorted(_our_tables() - {name for name, _ in tables})),
    )


def _postgres(alias: str) -> Guards:
    triggers = _rows(
        alias,
        f"SELECT tgname, tgenabled FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        f" WHERE relname IN {TABLES} AND NOT tgisinternal",
    )
    in_force = {name for name, enabled in triggers if enabled in ("A", b"A")}
    tables = _rows(
        alias,
        f"SELECT relname, oid::text FROM pg_class WHERE relname IN {TABLES} AND relkind = 'r'"
        " AND pg_table_is_visible(oid)",
    )
    ((rewritten, now),) = _rows(
        alias,
        "SELECT (SELECT sum(n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE relname = 'store_leaf'),"
        " now()",
    )
    traces = _rows(alias, "SELECT at, who, what FROM store_logtrace ORDER BY id")
    return Guards(
        missing=tuple(sorted(_POSTGRES_GUARDS - in_force)),
        tables=dict(tables),
        traces=tuple(f"{at:%Y-%m-%d %H:%M:%S} UTC, {who}: {what}" for at, who, what in traces),
        rewritten=None if rewritten is None else int(rewritten),
        now=now.astimezone(UTC),
        strange=_strange_in_postgres(alias),
        gone=tuple(sorted(_our_tables() - _tables_in_postgres(alias))),
    )


def _our_tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_app_config("store").get_models())


def _tables_in_postgres(alias: str) -> frozenset[str]:
    found = _rows(alias, "SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)")
    return frozenset(name for (name,) in found)


def _strange_in_postgres(alias: str) -> tuple[str, ...]:
    """Return what sits on tables of ours and is not of ours, and functions of ours with another body."""
    made, ours = _MADE["postgresql"], _our_tables()
    known = {found[1] for statement in made if (found := _TRIGGER.match(statement))}
    sitting = _rows(
        alias,
        "SELECT 'trigger', tgname, relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
        " WHERE NOT tgisinternal AND pg_table_is_visible(c.oid)"
        " UNION ALL SELECT 'rule', rulename, relname FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class"
        " WHERE relkind = 'r' AND pg_table_is_visible(c.oid)"
        " UNION ALL SELECT 'row security', '', relname FROM pg_class"
        " WHERE relrowsecurity AND pg_table_is_visible(oid)",
    )
    bodies = _rows(alias, "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'tocsin\\_%'")
    other = [name for name, body in bodies if not any(body in statement for statement in made)]
    strange = [row for row in sitting if row[2] in ours and (row[0] != "trigger" or row[1] not in known)]
    return (
        *sorted(" ".join(f"{kind} {name} on {table}".split()) for kind, name, table in strange),
        *(f"function {name}" for name in sorted(other)),
    )


def state_of(alias: str) -> Mapping[str, object]:
    """Return what the database can tell whoever investigates, as JSON can hold it; never a row's content.

    On PostgreSQL that is its place in the write-ahead log, who is connected and doing what, its triggers,
    what was done to the tables of the log. What the role may not see is told as such.
    """
    if connections[alias].vendor != "postgresql":
        return {
            "database": "sqlite",
            "schema": _told(alias, "SELECT type, name, sql FROM sqlite_master ORDER BY name"),
            "data_version": _told(alias, "PRAGMA data_version"),
            "integrity": _told(alias, "PRAGMA quick_check(10)"),
        }
    return {
        "database": "postgresql",
        "version": _told(alias, "SELECT version()"),
        "wal_position": _told(alias, "SELECT pg_current_wal_lsn()::text"),
        "activity": _told(
            alias,
            "SELECT pid, usename, application_name, client_addr::text, backend_start, xact_start,"
            " query_start, state, left(query, 500) FROM pg_stat_activity ORDER BY backend_start"
            f" LIMIT {MOST_SESSIONS}",
        ),
        "triggers": _told(
            alias,
            f"SELECT relname, tgname, tgenabled::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            f" WHERE relname IN {TABLES} AND NOT tgisinternal ORDER BY 1, 2",
        ),
        "tables": _told(
            alias,
            "SELECT relname, oid::text, relfilenode::text, pg_get_userbyid(relowner) FROM pg_class"
            f" WHERE relname IN {TABLES}",
        ),
        "statistics": _told(
            alias,
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup FROM pg_stat_user_tables"
            f" WHERE relname IN {TABLES}",
        ),
        "traces": _told(alias, "SELECT at, who, what FROM store_logtrace ORDER BY id"),
    }


@contextmanager
def _looking(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        yield


def _rows(alias: str, statement: str) -> Sequence[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return found


def _told(alias: str, statement: str) -> object:
    """Return the rows of a look, or the kind of the refusal: each look stands for itself."""
    try:
        with _looking(alias):
            return [list(row) for row in _rows(alias, statement)]
    except DatabaseError as error:
        return f"not to be seen: {type(error).__name__}"
