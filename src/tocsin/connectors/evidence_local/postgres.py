"""Asks a PostgreSQL who is connected, in a transaction that can only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import FailureKind

try:
    import psycopg
except ImportError:  # pragma: no cover - PostgreSQL is an extra; without it there is nothing to ask
    psycopg = None  # type: ignore[assignment]

CONNECT_S = 5
STATEMENT_MS = 20_000
_HEAD = """
SELECT json_build_object('server', version(), 'at', clock_timestamp(), 'database', current_database(),
                         'asked_by', current_user,
                         'sees_all', pg_has_role('pg_read_all_stats', 'USAGE'))::text
"""
_SESSIONS = "SELECT row_to_json(found)::text FROM pg_stat_activity AS found ORDER BY pid"


def caller(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return who asks the database of the settings, ours unless another is named."""
    url = values["TOCSIN_EVIDENCE_DATABASE_URL"] or values["TOCSIN_DATABASE_URL"]
    return SessionCaller(Secret(url))


@dataclass(frozen=True, slots=True)
class SessionCaller:
    """Reads `pg_stat_activity`."""

    url: Secret

    def call(self, call: Call) -> Any:
        """Return NDJSON: who we asked as and when, then a session a line. Raises `CallFailed`."""
        if not self.url.reveal().startswith(("postgres://", "postgresql://")) or psycopg is None:
            reason = "no PostgreSQL is set up: TOCSIN_EVIDENCE_DATABASE_URL names none, nor is our own one"
            raise CallFailed(FailureKind.MISCONFIGURED, reason)
        try:
            with psycopg.connect(self.url.reveal(), connect_timeout=CONNECT_S) as connection:
                connection.read_only = True
                connection.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")
                rows = [*connection.execute(_HEAD), *connection.execute(_SESSIONS)]
        except psycopg.OperationalError as error:
            # The text of the error can quote the address, so only its kind is told.
            reason = f"PostgreSQL cannot be reached ({type(error).__name__})"
            raise CallFailed(FailureKind.RETRY_LATER, reason) from None
        except psycopg.Error as error:
            reason = f"PostgreSQL refused ({error.sqlstate or type(error).__name__})"
            raise CallFailed(FailureKind.REFUSED, reason) from None
        return b"".join(f"{row[0]}\n".encode() for row in rows)
