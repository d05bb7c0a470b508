"""Keeps alert episodes, the latest of a fingerprint first at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.timeline import Happening
from tocsin.store import models
from tocsin.store.rows import change, find, insert

AT_ONCE = 500


class DjangoAlerts:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def latest(self, fingerprint: str) -> Alert | None:
        row = find(models.Alert, self._alias, newest_by="number", fingerprint=fingerprint)
        return None if row is None else _alert(row)

    def add(self, alert: Alert) -> Alert:
        row = models.Alert(**_columns(alert))
        insert(row, self._alias)
        return replace(alert, number=row.number)

    def save(self, alert: Alert) -> None:
        change(models.Alert, self._alias, _columns(alert), number=alert.number)

    def get(self, number: int) -> Alert | None:
        row = find(models.Alert, self._alias, number=number)
        return None if row is None else _alert(row)

    def of_incident(self, incident_id: UUID) -> tuple[Alert, ...]:
        return tuple(_alert(row) for row in self._rows.filter(incident=incident_id).order_by("number"))

    def unresolved(self, now: datetime, limit: int = 1000) -> tuple[Alert, ...]:
        rows = self._rows.filter(ends_at__gt=now).order_by("fingerprint", "number")
        return tuple(_alert(row) for row in rows[:limit])

    def recent(self, limit: int = 50) -> tuple[Alert, ...]:
        return tuple(_alert(row) for row in self._rows.order_by("-number")[:limit])

    def tell(self, lines: Sequence[AlertLine]) -> None:
        rows = [
            models.AlertLine(alert=line.alert, at=line.at, kind=line.kind.value, text=line.text)
            for line in lines
        ]
        models.AlertLine.objects.using(self._alias).bulk_create(rows, batch_size=AT_ONCE)

    def story(self, number: int) -> tuple[AlertLine, ...]:
        rows = models.AlertLine.objects.using(self._alias).filter(alert=number).order_by("number")
        return tuple(
            AlertLine(alert=row.alert, at=row.at, kind=Happening(row.kind), text=row.text, number=row.number)
            for row in rows
        )

    @property
    def _rows(self) -> QuerySet[models.Alert]:
        return models.Alert.objects.using(self._alias)


def _columns(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "source": alert.source,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "ends_by_timeout": alert.ends_by_timeout,
        "updated_at": alert.updated_at,
        "generator_url": alert.generator_url,
        "incident": alert.incident_id,
        "count": alert.count,
        "evidence": alert.evidence,
    }


def _alert(row: models.Alert) -> Alert:
    return Alert(
        fingerprint=row.fingerprint,
        source=row.source,
        labels=row.labels,
        annotations=row.annotations,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        ends_by_timeout=row.ends_by_timeout,
        updated_at=row.updated_at,
        generator_url=row.generator_url,
        number=row.number,
        incident_id=row.incident,
        count=row.count,
        evidence=tuple(row.evidence),
    )
