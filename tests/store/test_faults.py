"""A database's own trouble is an overload that says what to do; our mistakes are not."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.db.utils import InternalError

from tocsin.store.faults import (
    TablesNotAsWritten,
    is_read_only,
    overload_from,
    tables_as_written,
    turn_never_came,
)


def sqlite(code):
    error, cause = OperationalError("words"), sqlite3.OperationalError("words")
    cause.sqlite_errorcode = code
    error.__cause__ = cause
    return error


def postgres(cause, kind=OperationalError):
    error = kind("words")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_BUSY, "locked"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "locked"),
        (sqlite3.SQLITE_LOCKED, "locked"),
        (sqlite3.SQLITE_FULL, "no space"),
        (sqlite3.SQLITE_READONLY, "cannot be written"),
        (sqlite3.SQLITE_IOERR_FSYNC, "disk"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be reached"),
        (sqlite3.SQLITE_CORRUPT, "damaged"),
        (sqlite3.SQLITE_NOTADB, "damaged"),
    ],
)
def test_trouble_of_sqlite_is_an_overload(code, said):
    refusal = overload_from(sqlite(code), "sqlite")
    assert said in refusal.happened
    assert refusal.code == "overloaded"
    assert refusal.next_step


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (psycopg.errors.LockNotAvailable(), "locked"),
        (psycopg.errors.DeadlockDetected(), "locked"),
        (psycopg.errors.QueryCanceled(), "locked"),
        (psycopg.errors.DiskFull(), "no space"),
        (psycopg.errors.ReadOnlySqlTransaction(), "cannot be written"),
        (psycopg.errors.IoError(), "disk"),
        (psycopg.errors.AdminShutdown(), "cannot be reached"),
        (psycopg.errors.CannotConnectNow(), "cannot be reached"),
        (psycopg.errors.InvalidPassword(), "cannot be reached"),
        (psycopg.errors.TooManyConnections(), "no room"),
        (psycopg.errors.DataCorrupted(), "damaged"),
        (psycopg.OperationalError("connection refused"), "cannot be reached"),
    ],
)
def test_trouble_of_postgres_is_an_overload(cause, said):
    assert said in overload_from(postgres(cause), "postgresql").happened


def test_a_connection_that_django_finds_closed_is_an_overload():
    assert (
        "cannot be reached"
        in overload_from(InterfaceError("connection already closed"), "postgresql").happened
    )


@pytest.mark.parametrize(
    ("error", "vendor"),
    [
        pytest.param(sqlite(sqlite3.SQLITE_ERROR), "sqlite", id="no such table"),
        pytest.param(IntegrityError("twice"), "sqlite", id="unique on SQLite"),
        pytest.param(InterfaceError("bad binding"), "sqlite", id="a wrong type on SQLite"),
        pytest.param(postgres(psycopg.errors.UniqueViolation(), IntegrityError), "postgresql", id="unique"),
        pytest.param(
            postgres(psycopg.errors.UndefinedTable(), ProgrammingError), "postgresql", id="no such table"
        ),
        pytest.param(postgres(psycopg.DataError("NUL"), DataError), "postgresql", id="refused by the driver"),
    ],
)
def test_a_mistake_of_ours_stays_what_it_is(error, vendor):
    assert overload_from(error, vendor) is None


def test_a_refused_write_can_be_told_apart():
    assert is_read_only(sqlite(sqlite3.SQLITE_READONLY))
    assert is_read_only(postgres(psycopg.errors.ReadOnlySqlTransaction(), InternalError))
    assert not is_read_only(sqlite(sqlite3.SQLITE_FULL))
    assert not is_read_only(OperationalError("words"))


def test_nothing_of_the_drivers_words_reaches_the_reader():
    error = postgres(psycopg.OperationalError("password=hunter2 refused"))
    assert "hunter2" not in overload_from(error, "postgresql").explain()
    assert "locked" in turn_never_came().happened


@pytest.mark.parametrize(
    "fault", [ProgrammingError("no such table"), TypeError("a text"), IndexError("none")]
)
def test_what_foreign_hands_left_in_the_tables_is_explained_without_its_words(fault) -> None:
    with pytest.raises(TablesNotAsWritten) as raised, tables_as_written():
        raise fault
    assert str(fault) not in raised.value.explain()
