"""Puts lines into the inbox and gives them their place: the only code that writes to the table of leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.transaction import mark_for_rollback_on_error

from tocsin.store.leaf import Stamp, leaf_hash

_COLUMNS = ("index", "entry_id", "content", "leaf_hash", "mac", "writer", "counter")
# What Django's models would write, in a fraction of its time; nobody asks for the number of the new row.
_WAIT = "INSERT INTO store_logwaiting (entry_id, content, mac, writer, counter) VALUES (%s, %s, %s, %s, %s)"
_TYPES = ("int8", "uuid", "bytea", "bytea", "bytea", "int8", "int8")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the inbox, with the proof that Tocsin wrote it."""

    id: int
    entry_id: UUID
    content: bytes
    mac: bytes
    writer: int | None
    counter: int | None

    @property
    def signed(self) -> tuple[UUID, bytes, bytes, int | None, int | None]:
        """Return all that the MAC is compared with."""
        return self.entry_id, self.content, self.mac, self.writer, self.counter


def wait(entry_id: UUID, content: bytes, mac: bytes, stamp: Stamp, alias: str) -> None:
    """Put a line into the inbox; who reads the log's tables sees it when the transaction is committed."""
    connection = connections[alias]
    known = entry_id if connection.vendor == "postgresql" else entry_id.hex
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.execute(_WAIT, (known, content, mac, stamp.writer, stamp.counter))


def place(rows: Sequence[Waiting], first: int, alias: str) -> None:
    """Write lines behind each other from a place on."""
    connection = connections[alias]
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    values = (
        (at, row.entry_id, row.content, leaf_hash(row.content), row.mac, row.writer, row.counter)
        for at, row in enumerate(rows, first)
    )
    if connection.vendor != "postgresql":
        statement = f"INSERT INTO store_leaf ({names}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
        with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
            cursor.executemany(statement, [(at, entry_id.hex, *rest) for at, entry_id, *rest in values])
        return
    with connection.cursor() as wrapped:
        raw: Any = wrapped.cursor
        with raw.copy(f"COPY store_leaf ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_TYPES)
            for each in values:
                copy.write_row(each)


def leave(numbers: Sequence[int], alias: str) -> None:
    """Take lines that have their place out of the inbox.

    By identity, not by range: another transaction may commit a smaller id between the look and this.
    """
    connection = connections[alias]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM store_logwaiting WHERE id = ANY(%s)", [list(numbers)])
        else:
            cursor.executemany("DELETE FROM store_logwaiting WHERE id = %s", [(each,) for each in numbers])
