"""Reads leaves as the bytes that lie in their columns: ten million rows are too many for models."""

from __future__ import annotations

from binascii import Error as NotHex
from binascii import unhexlify
from typing import Any

from django.db import connections

from tocsin.domain.entry import Leaf, Stretch
from tocsin.store.leaf import first_place, is_ours_by_bytes

_ID_BYTES = 16
# Index, id, content, hash, MAC, writer, counter.
Row = tuple[Any, ...]

# Whoever writes around us can leave any type in a SQLite column, and a text there may be no UTF-8. Reading
# goes on, to name the entry: what should be bytes is read as bytes, and a text where a number should be too.
_SQLITE = """
SELECT "index", CAST(entry_id AS BLOB), CAST(content AS BLOB), CAST(leaf_hash AS BLOB), CAST(mac AS BLOB),
 CASE typeof(writer) WHEN 'text' THEN CAST(writer AS BLOB) ELSE writer END,
 CASE typeof(counter) WHEN 'text' THEN CAST(counter AS BLOB) ELSE counter END
FROM store_leaf WHERE "index" >= %s AND "index" < %s ORDER BY "index"
"""
_POSTGRES = """
SELECT "index", uuid_send(entry_id), content, leaf_hash, mac, writer, counter
FROM store_leaf WHERE "index" >= %s AND "index" < %s ORDER BY "index"
"""


def stretch_of(alias: str, number: int, key: bytes, start: int, stop: int) -> Stretch:
    """Return the leaves of a log of the line by column; raises TypeError where one holds no bytes at all."""
    first = first_place(number)
    indexes, ids, contents, hashes, *proofs = _columns(alias, first + start, first + stop)
    id_of = _id_of_hex if connections[alias].vendor == "sqlite" else _id_of_bytes
    rows = enumerate(zip(ids, contents, *proofs, strict=True))
    forged = (at for at, (entry_id, *row) in rows if not is_ours_by_bytes(key, id_of(entry_id), *row))
    found = next(forged, None)
    return Stretch(
        indexes=tuple(place - first for place in indexes),
        contents=contents,
        hashes=hashes,
        forged=None if found is None else indexes[found] - first,
    )


def leaves_of(alias: str, number: int, start: int, stop: int) -> tuple[Leaf, ...]:
    """Return the same as leaves, without asking who wrote them."""
    first = first_place(number)
    indexes, _, contents, hashes, *_ = _columns(alias, first + start, first + stop)
    return tuple(
        Leaf(index=place - first, content=content, leaf_hash=hashed)
        for place, content, hashed in zip(indexes, contents, hashes, strict=True)
    )


def _columns(alias: str, start: int, stop: int) -> tuple[tuple[Any, ...], ...]:
    read = _read_sqlite if connections[alias].vendor == "sqlite" else _read_postgres
    rows = read(alias, start, stop)
    columns = tuple(zip(*rows, strict=True)) if rows else ((),) * 7
    if None in columns[2] or None in columns[3]:
        raise TypeError("a leaf holds no bytes")
    return columns


def _read_sqlite(alias: str, start: int, stop: int) -> list[Row]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_SQLITE, [start, stop])
        rows: list[Row] = cursor.fetchall()
    return rows


def _read_postgres(alias: str, start: int, stop: int) -> list[Row]:
    """Read in PostgreSQL's binary format: its text format writes two digits for each byte.

    For rows of a few hundred bytes that takes less time than COPY, which hands over each row by itself.
    """
    connection: Any = connections[alias]
    connection.ensure_connection()
    # Django's own cursors write parameters into the statement, and can ask for the text format only.
    with connection.wrap_database_errors, connection.Database.Cursor(connection.connection) as cursor:
        cursor.execute(_POSTGRES, [start, stop], binary=True)
        rows: list[Row] = cursor.fetchall()
    return rows


def _id_of_hex(stored: object) -> bytes:
    """Return the 16 bytes of an id as SQLite keeps it, none where something else stands there."""
    try:
        found = unhexlify(stored) if isinstance(stored, bytes) else b""
    except NotHex:
        return b""
    return found if len(found) == _ID_BYTES else b""


def _id_of_bytes(stored: Any) -> bytes:
    return stored or b""
