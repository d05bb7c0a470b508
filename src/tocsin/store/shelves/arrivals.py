"""Keeps bodies as they were received, and what of them could not be understood."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.store import models
from tocsin.store.rows import digest_of, insert, insert_once


class DjangoArrivals:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, arrival: Arrival) -> bool:
        return insert_once(
            models.Arrival(
                arrival_id=arrival.arrival_id,
                digest=digest_of(arrival.connector, arrival.source, arrival.key),
                connector=arrival.connector,
                source=arrival.source,
                key=arrival.key,
                received_at=arrival.received_at,
                body=arrival.body,
                sender=arrival.sender,
            ),
            self._alias,
        )

    def get(self, arrival_id: UUID) -> Arrival | None:
        row = models.Arrival.objects.using(self._alias).filter(pk=arrival_id).first()
        if row is None:
            return None
        return Arrival(
            arrival_id=row.arrival_id,
            connector=row.connector,
            source=row.source,
            key=row.key,
            received_at=row.received_at,
            body=bytes(row.body),
            sender=row.sender,
        )


class DjangoQuarantine:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, quarantined: Quarantined) -> Quarantined:
        row = models.Quarantined(
            connector=quarantined.connector,
            source=quarantined.source,
            reason=quarantined.reason,
            body=quarantined.body,
            received_at=quarantined.received_at,
            replayed_at=quarantined.replayed_at,
        )
        insert(row, self._alias)
        return _quarantined(row)

    def get(self, number: int) -> Quarantined | None:
        row = models.Quarantined.objects.using(self._alias).filter(pk=number).first()
        return None if row is None else _quarantined(row)

    def mark_replayed(self, number: int, at: datetime) -> None:
        models.Quarantined.objects.using(self._alias).filter(pk=number).update(replayed_at=at)

    def waiting(self, limit: int = 50) -> tuple[Quarantined, ...]:
        rows = models.Quarantined.objects.using(self._alias).filter(replayed_at=None).order_by("-number")
        return tuple(_quarantined(row) for row in rows[:limit])

    def count_waiting(self) -> int:
        return models.Quarantined.objects.using(self._alias).filter(replayed_at=None).count()


def _quarantined(row: models.Quarantined) -> Quarantined:
    return Quarantined(
        connector=row.connector,
        source=row.source,
        reason=row.reason,
        body=bytes(row.body),
        received_at=row.received_at,
        number=row.number,
        replayed_at=row.replayed_at,
    )
