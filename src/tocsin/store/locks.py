"""Named locks that end with the transaction, where the database has more than one writer at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import connections


def lock(name: str, alias: str) -> None:
    """Hold off others who ask for the same name until this transaction ends; SQLite has one writer anyway."""
    lock_all((name,), alias)


def lock_all(names: Sequence[str], alias: str) -> None:
    """Take several such locks in the order given, in one statement."""
    connection = connections[alias]
    if connection.vendor != "postgresql" or not names:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(asked.number) FROM"
            " (SELECT number FROM unnest(%s::bigint[]) WITH ORDINALITY AS given(number, place)"
            " ORDER BY place) asked",
            [[_number(name) for name in names]],
        )


def _number(name: str) -> int:
    digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
