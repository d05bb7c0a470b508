"""Takes the numbers behind `INC-n` and `EX-n`: never one twice, with gaps where a transaction was undone."""

from __future__ import annotations

from django.db import connections

_BY_SEQUENCE = "SELECT nextval(%s)"
_BY_COUNTER = """INSERT INTO store_counter (name, last) VALUES (%s, 1)
                 ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last"""


def next_number(name: str, alias: str) -> int:
    """Return the next number of `incident` or `exhibit`; nobody waits for anybody on PostgreSQL."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_BY_SEQUENCE, [f"tocsin_{name}_number"])
        else:
            cursor.execute(_BY_COUNTER, [name])
        (number,) = cursor.fetchone()
        return int(number)
