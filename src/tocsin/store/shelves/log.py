"""Keeps the log: the inbox, the leaves that were given an index, and the signed checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import BinaryField, Max, QuerySet
from django.db.models.functions import Cast
from django.db.utils import Error

from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.errors import Explained
from tocsin.store import models
from tocsin.store.faults import overload_from
from tocsin.store.leaf import entry_mac, is_ours, leaf_hash
from tocsin.store.locks import lock
from tocsin.store.rows import insert

# SQLite keeps a text under a number column; it sorts behind every number and so behind this bound.
_LAST_INDEX = 2**63 - 1


class LogGone(Explained):
    """The database holds no log that could be read: a table of it is not there, or not as we made it."""

    code = "log_gone"

    def __init__(self, how: str) -> None:
        super().__init__(
            f"The log is gone: {how}.",
            means="Somebody removed or replaced it behind Tocsin's back; nothing of it is proven any more.",
            next_step=(
                "Do not repair the database: save it as it is, open an incident of type audit-integrity, and "
                "restore the latest backup elsewhere."
            ),
        )


class DjangoLog:
    def __init__(self, alias: str, entry_key: bytes) -> None:
        self._alias = alias
        self._key = entry_key

    def append(self, entry_id: UUID, content: bytes) -> None:
        mac = entry_mac(self._key, entry_id, content)
        insert(models.LogWaiting(entry_id=entry_id, content=content, mac=mac), self._alias)

    def sequence(self, limit: int = 5000) -> int:
        lock("log.sequence", self._alias)
        waiting = tuple(_raw(models.LogWaiting.objects.using(self._alias)).order_by("id")[:limit])
        if not waiting:
            return 0
        leaves = [_leaf_row(index, row) for index, row in enumerate(waiting, self.size())]
        models.Leaf.objects.using(self._alias).bulk_create(leaves, batch_size=1000)
        moved = models.LogWaiting.objects.using(self._alias)
        # By identity, not by range: another transaction may commit a smaller id between the look and this.
        for start in range(0, len(waiting), 500):
            moved.filter(pk__in=[row.pk for row in waiting[start : start + 500]]).delete()
        return len(waiting)

    def size(self) -> int:
        rows = models.Leaf.objects.using(self._alias).filter(index__lte=_LAST_INDEX)
        with _there(self._alias):
            last = rows.aggregate(last=Max("index"))["last"]
        return 0 if last is None else int(last) + 1

    def waiting(self) -> int:
        with _there(self._alias):
            return models.LogWaiting.objects.using(self._alias).count()

    def waiting_contents(self) -> tuple[bytes, ...]:
        rows = _raw(models.LogWaiting.objects.using(self._alias)).order_by("id")
        with _there(self._alias):
            return tuple(bytes(content) for content in rows.values_list("raw", flat=True))

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        rows = _raw(models.Leaf.objects.using(self._alias)).annotate(
            raw_hash=Cast("leaf_hash", BinaryField())
        )
        chosen = rows.filter(index__gte=start, index__lt=stop).order_by("index")
        with _there(self._alias):
            return tuple(
                Leaf(index=index, content=bytes(content), leaf_hash=bytes(hashed))
                for index, content, hashed in chosen.values_list("index", "raw", "raw_hash")
            )

    def first_forged(self, start: int) -> int | None:
        leaves = _raw(models.Leaf.objects.using(self._alias)).filter(index__gte=start, index__lte=_LAST_INDEX)
        waiting = _raw(models.LogWaiting.objects.using(self._alias))
        columns = ("entry_id", "raw", "raw_mac")
        with _there(self._alias):
            for index, *row in leaves.order_by("index").values_list("index", *columns).iterator():
                if not self._is_ours(*row):
                    return int(index)
            for index, row in enumerate(waiting.order_by("id").values_list(*columns), self.size()):
                if not self._is_ours(*row):
                    return index
        return None

    def _is_ours(self, entry_id: UUID, content: bytes, mac: bytes) -> bool:
        return is_ours(self._key, entry_id, bytes(content), bytes(mac))

    def index_of(self, entry_id: UUID) -> int | None:
        rows = models.Leaf.objects.using(self._alias).filter(entry_id=entry_id, index__lte=_LAST_INDEX)
        with _there(self._alias):
            return rows.values_list("index", flat=True).first()

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        row = models.Checkpoint(
            origin=checkpoint.origin,
            size=checkpoint.size,
            root=checkpoint.root,
            note=checkpoint.note,
            signed_at=checkpoint.signed_at,
        )
        insert(row, self._alias)

    def last_checkpoint(self) -> Checkpoint | None:
        with _there(self._alias):
            row = models.Checkpoint.objects.using(self._alias).order_by("-size", "-id").first()
            return None if row is None else _checkpoint(row)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        rows = models.Checkpoint.objects.using(self._alias).order_by("size", "id")
        with _there(self._alias):
            return tuple(_checkpoint(row) for row in rows)


@contextmanager
def _there(alias: str) -> Iterator[None]:
    """Turn a missing table, a missing column and a value of a wrong type into `LogGone`."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise LogGone("a row of it holds a value that Tocsin never wrote") from error
    except Error as error:
        if overload_from(error, connections[alias].vendor) is not None:
            raise
        raise LogGone("a table of it is missing or was replaced") from error


def _raw(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add content and MAC as bytes: who writes around us can leave any type in a SQLite column.

    Verification must read on, to name the entry.
    """
    binary: BinaryField[Any, Any] = BinaryField()
    raw: QuerySet[Any] = rows.annotate(raw=Cast("content", binary), raw_mac=Cast("mac", binary)).defer(
        "content", "mac"
    )
    return raw


def _leaf_row(index: int, row: Any) -> models.Leaf:
    content = bytes(row.raw)
    return models.Leaf(
        index=index,
        entry_id=row.entry_id,
        content=content,
        leaf_hash=leaf_hash(content),
        mac=bytes(row.raw_mac),
    )


def _checkpoint(row: models.Checkpoint) -> Checkpoint:
    if not (isinstance(row.size, int) and isinstance(row.note, str) and isinstance(row.signed_at, datetime)):
        raise TypeError("a checkpoint's row holds a value of another type")
    return Checkpoint(
        origin=row.origin, size=row.size, root=bytes(row.root), note=row.note, signed_at=row.signed_at
    )
