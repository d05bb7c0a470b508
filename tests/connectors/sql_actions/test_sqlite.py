"""An SQLite file is asked, and refuses to be changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tocsin.connectors.sql_actions.answer import Asked
from tocsin.connectors.sql_actions.sqlite import ask
from tocsin.domain.acting import CallFailed
from tocsin.domain.ports.delivery import FailureKind

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def doors(tmp_path: Path) -> str:
    path = tmp_path / "doors.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE doors (name TEXT, state TEXT)")
        connection.executemany("INSERT INTO doors VALUES (?, 'open')", [("front",), ("back",), ("it's",)])
        connection.commit()
    return str(path)


def asked(query: str, seconds: float = 5.0, rows: int = 2, **values: object) -> Asked:
    return Asked(database="lab", query=query, values=values, rows=rows, seconds=seconds)


def test_values_are_bound_and_rows_are_cut(doors: str) -> None:
    found = ask(doors, asked("SELECT name FROM doors WHERE name = :name", name="it's"))
    assert found == {"columns": ["name"], "rows": [{"name": "it's"}], "more": False}
    assert ask(doors, asked("SELECT name FROM doors WHERE name = :n", n="x' OR '1'='1"))["rows"] == []
    assert ask(doors, asked("SELECT name FROM doors"))["more"] is True


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM doors",
        "INSERT INTO doors VALUES ('x', 'y')",
        "CREATE TABLE more (x)",
        "PRAGMA query_only = OFF",
        "ATTACH 'other.db' AS other",
        "SELECT 1; DELETE FROM doors",
        "SELECT * FROM windows",
    ],
)
def test_the_database_refuses_to_be_changed(doors: str, query: str) -> None:
    before = Path(doors).read_bytes()
    with pytest.raises(CallFailed) as raised:
        ask(doors, asked(query))
    assert raised.value.kind is FailureKind.REFUSED
    assert Path(doors).read_bytes() == before
    assert doors not in raised.value.reason


def test_an_endless_question_is_interrupted(doors: str) -> None:
    with pytest.raises(CallFailed, match="too long") as raised:
        ask(doors, asked(ENDLESS, seconds=0.05))
    assert raised.value.kind is FailureKind.RETRY_LATER


def test_a_missing_file_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(CallFailed, match="no such file") as raised:
        ask(str(tmp_path / "none.db"), asked("SELECT 1"))
    assert raised.value.kind is FailureKind.MISCONFIGURED
    assert list(tmp_path.iterdir()) == []
