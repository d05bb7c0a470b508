"""A question goes to the database that its name says, and to no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from performing_rigs import CLOCK
from tocsin.connectors.sql_actions import caller as room
from tocsin.connectors.sql_actions.caller import make
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.errors import Misconfigured


def question(service: str) -> Call:
    parameters = {"values": {}, "rows": 5, "seconds": 2.0}
    return Call(service=service, operation="SELECT 1 AS one", parameters=parameters)


def test_each_name_is_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(tmp_path / "lab.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    caller = make(
        {
            "TOCSIN_SQL_DATABASES": f"lab=sqlite:///{tmp_path}/lab.db,"
            "far=postgresql://eve:hunter2@127.0.0.1:1/x,odd=mysql://x"
        },
        CLOCK,
    )
    assert caller.call(question("sql.lab"))["rows"] == [{"one": 1}]
    with pytest.raises(CallFailed, match="far"):
        caller.call(question("sql.far"))
    for name in ("odd", "none"):
        with pytest.raises(Misconfigured, match=f"no database '{name}'"):
            caller.call(question(f"sql.{name}"))
    assert "hunter2" not in repr(caller)
    monkeypatch.setattr(room, "POSTGRES", "tocsin.connectors.sql_actions.missing")
    with pytest.raises(Misconfigured, match="not installed"):
        caller.call(question("sql.far"))
