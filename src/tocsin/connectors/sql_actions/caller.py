"""Asks the named databases; whatever is asked, the database itself refuses to be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from tocsin.connectors.named import named_secrets
from tocsin.connectors.secret import Secret
from tocsin.connectors.sql_actions import sqlite
from tocsin.connectors.sql_actions.answer import Asked
from tocsin.domain.acting import Call, Caller
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured

SETTING = "TOCSIN_SQL_DATABASES"
POSTGRES = "tocsin.connectors.sql_actions.postgres"


@dataclass(frozen=True, slots=True)
class DatabasesCaller:
    """Asks the database that a call's service names: `sql.agentidp` is `agentidp`."""

    databases: Mapping[str, Secret] = field(repr=False)

    def call(self, call: Call) -> Any:
        """Ask once. Raises `CallFailed`, and `Misconfigured` for a database that is not set up."""
        name = call.service.partition(".")[2]
        address = self.databases.get(name, Secret("")).reveal()
        asked = Asked(
            database=name,
            query=call.operation,
            values=call.parameters["values"],
            rows=int(call.parameters["rows"]),
            seconds=float(call.parameters["seconds"]),
        )
        if address.startswith(("postgresql://", "postgres://")):
            return _postgres()(address, asked)
        if address.startswith("sqlite:///"):
            return sqlite.ask(address.removeprefix("sqlite://"), asked)
        raise Misconfigured(
            f"{SETTING} names no database {name[:60]!r}, or one that is neither PostgreSQL nor SQLite.",
            means="Nothing was asked.",
            next_step=f"Add {name[:60]}=postgresql://... or {name[:60]}=sqlite:///path to {SETTING}.",
        )


def _postgres() -> Callable[[str, Asked], Mapping[str, Any]]:
    """Return what asks PostgreSQL; its client is an extra. Raises `Misconfigured` where that is missing."""
    try:
        ask: Callable[[str, Asked], Mapping[str, Any]] = import_module(POSTGRES).ask
    except ImportError as error:
        raise Misconfigured(
            "The client of PostgreSQL is not installed.",
            means="Nothing was asked.",
            next_step="Install it: pip install 'tocsin[postgres]'.",
        ) from error
    return ask


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of the databases that are set up. Raises `Misconfigured`."""
    return DatabasesCaller(named_secrets(values[SETTING], SETTING))
