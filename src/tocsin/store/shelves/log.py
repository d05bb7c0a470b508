"""Keeps the log: the inbox, the leaves that were given an index, and the signed checkpoints."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Max

from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.store import models
from tocsin.store.leaf import leaf_hash
from tocsin.store.locks import lock
from tocsin.store.rows import insert


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
        last = models.Leaf.objects.using(self._alias).aggregate(last=Max("index"))["last"]
        return 0 if last is None else int(last) + 1

    def waiting(self) -> int:
        return models.LogWaiting.objects.using(self._alias).count()

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        rows = (
            models.Leaf.objects.using(self._alias).filter(index__gte=start, index__lt=stop).order_by("index")
        )
        return tuple(
            Leaf(index=index, content=bytes(content), leaf_hash=bytes(hashed))
            for index, content, hashed in rows.values_list("index", "content", "leaf_hash")
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
        row = models.Checkpoint.objects.using(self._alias).order_by("-size", "-id").first()
        return None if row is None else _checkpoint(row)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        rows = models.Checkpoint.objects.using(self._alias).order_by("size", "id")
        return tuple(_checkpoint(row) for row in rows)


def _leaf_row(index: int, row: models.LogWaiting) -> models.Leaf:
    content = bytes(row.content)
    return models.Leaf(index=index, entry_id=row.entry_id, content=content, leaf_hash=leaf_hash(content))


def _checkpoint(row: models.Checkpoint) -> Checkpoint:
    return Checkpoint(
        origin=row.origin, size=row.size, root=bytes(row.root), note=row.note, signed_at=row.signed_at
    )
