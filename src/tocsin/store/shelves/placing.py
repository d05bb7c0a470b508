"""Gives lines their place in the log: the only code that writes to the table of leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections

from tocsin.store import models
from tocsin.store.leaf import leaf_hash

_COLUMNS = ("index", "entry_id", "content", "leaf_hash", "mac", "writer", "counter")
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


def place(rows: Sequence[Waiting], first: int, alias: str) -> None:
    """Write lines behind each other from a place on."""
    connection = connections[alias]
    values = (
        (at, row.entry_id, row.content, leaf_hash(row.content), row.mac, row.writer, row.counter)
        for at, row in enumerate(rows, first)
    )
    if connection.vendor != "postgresql":
        leaves = [models.Leaf(**dict(zip(_COLUMNS, each, strict=True))) for each in values]
        models.Leaf.objects.using(alias).bulk_create(leaves, batch_size=1000)
        return
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    with connection.cursor() as wrapped:
        cursor: Any = wrapped.cursor
        with cursor.copy(f"COPY store_leaf ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_TYPES)
            for each in values:
                copy.write_row(each)


def leave(numbers: Sequence[int], alias: str) -> None:
    """Take lines that have their place out of the inbox.

    By identity, not by range: another transaction may commit a smaller id between the look and this.
    """
    moved = models.LogWaiting.objects.using(alias)
    for start in range(0, len(numbers), 500):
        moved.filter(pk__in=numbers[start : start + 500]).delete()
