"""A PostgreSQL is asked in a read-only transaction, and refuses to be changed even by its owner."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tocsin.connectors.sql_actions.answer import Asked
from tocsin.connectors.sql_actions.postgres import ask
from tocsin.domain.acting import CallFailed
from tocsin.domain.ports.delivery import FailureKind


@pytest.fixture
def doors(postgres_url: str) -> Iterator[str]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS lab_doors")
        connection.execute("CREATE TABLE lab_doors (name text, opened timestamptz)")
        connection.execute("INSERT INTO lab_doors VALUES ('front', now()), ('back', now()), ('100%', now())")
    yield postgres_url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM lab_doors").fetchone() == (3,)
        connection.execute("DROP TABLE lab_doors")


def asked(query: str, seconds: float = 5.0, rows: int = 2, **values: object) -> Asked:
    return Asked(database="lab", query=query, values=values, rows=rows, seconds=seconds)


def test_values_are_bound_and_rows_are_cut(doors: str) -> None:
    found = ask(
        doors, asked("SELECT name::text FROM lab_doors WHERE name = :name OR name = :name", name="100%")
    )
    assert found == {"columns": ["name"], "rows": [{"name": "100%"}], "more": False}
    assert ask(doors, asked("SELECT name FROM lab_doors WHERE name = :n", n="x' OR '1'='1"))["rows"] == []
    assert ask(doors, asked("SELECT * FROM lab_doors"))["more"] is True


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM lab_doors",
        "WITH gone AS (DELETE FROM lab_doors RETURNING name) SELECT * FROM gone",
        "SELECT 1; DELETE FROM lab_doors",
        "SELECT set_config('transaction_read_only', 'off', false); DELETE FROM lab_doors",
        "SELECT name INTO more FROM lab_doors",
        "SELECT nextval('none')",
        "SELECT lo_create(0)",
        "SELECT pg_terminate_backend('x')",
        "SELECT * FROM windows",
    ],
)
def test_the_database_refuses_to_be_changed(doors: str, query: str) -> None:
    with pytest.raises(CallFailed) as raised:
        ask(doors, asked(query))
    assert raised.value.kind is FailureKind.REFUSED
    assert raised.value.code
    assert doors not in raised.value.reason


def test_an_endless_question_is_stopped_by_the_server(doors: str) -> None:
    with pytest.raises(CallFailed, match="too long") as raised:
        ask(doors, asked("SELECT pg_sleep(30)", seconds=0.1))
    assert (raised.value.kind, raised.value.code) == (FailureKind.RETRY_LATER, "57014")


def test_a_server_that_is_not_there_may_come_back() -> None:
    with pytest.raises(CallFailed) as raised:
        ask("postgresql://eve:hunter2@127.0.0.1:1/lab", asked("SELECT 1"))
    assert raised.value.kind is FailureKind.RETRY_LATER
    assert "hunter2" not in raised.value.reason


@pytest.mark.parametrize("wrong", [{"dbname": "nobodys"}, {"user": "eve"}])
def test_who_is_not_let_in_has_a_wrong_setting(doors: str, wrong: dict[str, str]) -> None:
    with pytest.raises(CallFailed, match="we were not let in") as raised:
        ask(make_conninfo(doors, **wrong), asked("SELECT 1"))
    assert raised.value.kind is FailureKind.MISCONFIGURED
    assert not any(each in raised.value.reason for each in wrong.values())
