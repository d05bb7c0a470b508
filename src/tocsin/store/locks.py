"""Named locks that end with the transaction, where the database has more than one writer at a time."""

from __future__ import annotations

import hashlib

from django.db import connections


def lock(name: str, alias: str) -> None:
    """Hold off others who ask for the same name until this transaction ends; SQLite has one writer anyway."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
