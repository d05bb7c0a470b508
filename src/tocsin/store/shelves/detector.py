"""Keeps what detection must remember between batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.domain.source import SourceProgress, StoredShard
from tocsin.store import models


class DjangoDetector:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def progress(self) -> Mapping[str, SourceProgress]:
        rows = models.DetectorPosition.objects.using(self._alias).all()
        return {row.source: _progress(row) for row in rows}

    def advance(self, was: SourceProgress, now: SourceProgress) -> bool:
        rows = models.DetectorPosition.objects.using(self._alias)
        if was.position == 0:
            rows.bulk_create([models.DetectorPosition(source=was.source, position=0)], ignore_conflicts=True)
        moved = rows.filter(source=was.source, position=was.position).update(
            position=now.position, newest=now.newest, heard_at=now.heard_at
        )
        return bool(moved)

    def versions(self) -> Mapping[int, int]:
        rows = models.DetectorShard.objects.using(self._alias).filter(version__gt=0)
        return dict(rows.values_list("number", "version"))

    def shards(self, numbers: Iterable[int]) -> Mapping[int, StoredShard]:
        # A shard of version 0 is a place that was made, but never filled.
        rows = models.DetectorShard.objects.using(self._alias).filter(number__in=list(numbers), version__gt=0)
        return {row.number: StoredShard(row.version, bytes(row.state)) for row in rows}

    def save_shards(self, states: Mapping[int, bytes], known: Mapping[int, int]) -> bool:
        rows = models.DetectorShard.objects.using(self._alias)
        rows.bulk_create(
            [models.DetectorShard(number=number, version=0, state=b"") for number in sorted(states)],
            ignore_conflicts=True,
        )
        # Locked in one order, so that two workers wait for each other at most once.
        locked = rows.select_for_update().filter(number__in=list(states)).order_by("number")
        stored = dict(locked.values_list("number", "version"))
        if any(stored[number] != known.get(number, 0) for number in states):
            return False
        rows.bulk_create(
            [
                models.DetectorShard(number=number, version=stored[number] + 1, state=state)
                for number, state in sorted(states.items())
            ],
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=["version", "state"],
        )
        return True


def _progress(row: models.DetectorPosition) -> SourceProgress:
    return SourceProgress(source=row.source, position=row.position, newest=row.newest, heard_at=row.heard_at)
