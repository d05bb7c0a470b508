"""Keeps the log: the inbox, the leaves that were given an index, and the signed checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connections
from django.db.models import BinaryField, Max
from django.db.models.functions import Cast
from django.db.utils import Error

from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.errors import Explained
from tocsin.store import models
from tocsin.store.faults import overload_from
from tocsin.store.leaf import leaf_hash
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
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def append(self, entry_id: UUID, content: bytes) -> None:
        insert(models.LogWaiting(entry_id=entry_id, content=content), self._alias)

    def sequence(self, limit: int = 5000) -> int:
        lock("log.sequence", self._alias)
        waiting = tuple(models.LogWaiting.objects.using(self._alias).order_by("id")[:limit])
        if not waiting:
            return 0
        first = self.size()
        leaves = [_leaf_row(first + place, row) for place, row in enumerate(waiting)]
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

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        rows = models.Leaf.objects.using(self._alias).filter(index__gte=start, index__lt=stop)
        # Who writes around us can leave any type in a SQLite column; verification must read on.
        raw = rows.annotate(
            raw=Cast("content", BinaryField()), raw_hash=Cast("leaf_hash", BinaryField())
        ).order_by("index")
        with _there(self._alias):
            return tuple(
                Leaf(index=index, content=bytes(content), leaf_hash=bytes(hashed))
                for index, content, hashed in raw.values_list("index", "raw", "raw_hash")
            )

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


def _leaf_row(index: int, row: models.LogWaiting) -> models.Leaf:
    content = bytes(row.content)
    return models.Leaf(index=index, entry_id=row.entry_id, content=content, leaf_hash=leaf_hash(content))


def _checkpoint(row: models.Checkpoint) -> Checkpoint:
    if not (isinstance(row.size, int) and isinstance(row.note, str) and isinstance(row.signed_at, datetime)):
        raise TypeError("a checkpoint's row holds a value of another type")
    return Checkpoint(
        origin=row.origin, size=row.size, root=bytes(row.root), note=row.note, signed_at=row.signed_at
    )
