"""Asks a PostgreSQL database in a transaction that is read only, within a time limit of the server's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.errors import QueryCanceled

from tocsin.connectors.sql_actions.answer import Asked, answer_of, refused
from tocsin.connectors.sql_actions.statement import numbered, places_in
from tocsin.domain.acting import CallFailed
from tocsin.domain.ports.delivery import FailureKind

CONNECT_S = 5
_READ_ONLY = {"default_transaction_read_only": "on"}
# Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
_PASSING = ("", "08", "40", "53", "55", "57", "58")
_NOT_LET_IN = ("28", "3D")
# libpq gives no state for a connection that is refused, only the server's words.
_TURNED_AWAY = ("does not exist", "authentication failed", "pg_hba.conf", "permission denied", "no password")


def ask(address: str, asked: Asked) -> Mapping[str, Any]:
    """Ask once; values are bound by the server. Raises `CallFailed`.

    The limit of time is the server's own, so that it stops working too. Only the rows wanted are fetched,
    through a cursor of the server.
    """
    milliseconds = max(1, int(asked.seconds * 1000))
    limits = {"statement_timeout": milliseconds, "lock_timeout": milliseconds}
    options = " ".join(f"-c {name}={value}" for name, value in {**_READ_ONLY, **limits}.items())
    try:
        with psycopg.connect(
            address, connect_timeout=CONNECT_S, options=options, application_name="tocsin"
        ) as connection:
            connection.read_only = True
            with psycopg.RawServerCursor(connection, "asked") as cursor:
                given = [asked.values.get(name) for name in places_in(asked.query)]
                cursor.execute(numbered(asked.query), given)
                rows = cursor.fetchmany(asked.rows + 1)
                columns = [one.name for one in cursor.description or ()]
            connection.rollback()
    except psycopg.Error as error:
        raise _failure(asked, error) from None
    return answer_of(columns, rows, asked.rows)


def _failure(asked: Asked, error: psycopg.Error) -> CallFailed:
    """Sort an error by its state; its words are left out, since they may repeat an address or a value."""
    state = error.sqlstate or ""
    if isinstance(error, QueryCanceled):
        return refused(asked, FailureKind.RETRY_LATER, "it took too long", state)
    if not state and any(words in str(error) for words in _TURNED_AWAY):
        return refused(asked, FailureKind.MISCONFIGURED, "we were not let in", state)
    if state[:2] in _PASSING:
        why = f"it did not answer ({state or type(error).__name__})"
        return refused(asked, FailureKind.RETRY_LATER, why, state)
    if state[:2] in _NOT_LET_IN:
        return refused(asked, FailureKind.MISCONFIGURED, f"we were not let in ({state})", state)
    return refused(asked, FailureKind.REFUSED, f"the question was refused ({state})", state)
