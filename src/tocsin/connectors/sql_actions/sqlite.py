"""Asks an SQLite file, opened so that it cannot be written."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tocsin.connectors.sql_actions.answer import Asked, answer_of, refused
from tocsin.domain.ports.delivery import FailureKind

_BUSY_S = 2.0
_ATTACHES = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)


def ask(path: str, asked: Asked) -> Mapping[str, Any]:
    """Ask once. Raises `CallFailed`.

    The file is opened read only and `query_only` is on; no other file can be attached. A question that takes
    too long is interrupted.
    """
    if not Path(path).is_file():
        raise refused(asked, FailureKind.MISCONFIGURED, "there is no such file")
    try:
        with closing(_opened(path)) as connection:
            late = threading.Timer(asked.seconds, connection.interrupt)
            late.start()
            try:
                cursor = connection.execute(asked.query, dict(asked.values))
                rows = cursor.fetchmany(asked.rows + 1)
            finally:
                late.cancel()
                late.join()
            return answer_of([one[0] for one in cursor.description or ()], rows, asked.rows)
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        if name == "SQLITE_INTERRUPT":
            raise refused(asked, FailureKind.RETRY_LATER, "it took too long", name) from None
        kind = FailureKind.RETRY_LATER if name in ("SQLITE_BUSY", "SQLITE_LOCKED") else FailureKind.REFUSED
        raise refused(asked, kind, f"the question was refused ({name})", name) from None


def _opened(path: str) -> sqlite3.Connection:
    address = f"{Path(path).absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=_BUSY_S, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(_allowed)
    return connection


def _allowed(action: int, *_: str | None) -> int:
    """Deny other files and settings: a setting could turn the protection off."""
    is_denied = action in _ATTACHES or action == sqlite3.SQLITE_PRAGMA
    return sqlite3.SQLITE_DENY if is_denied else sqlite3.SQLITE_OK
