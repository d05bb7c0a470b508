"""Keeps alert episodes, the latest of a fingerprint first at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet, TextField
from django.db.models.functions import Cast

from tocsin.domain.alert import Alert, AlertFilter, AlertLine, AlertStatus
from tocsin.domain.timeline import Happening
from tocsin.store import models
from tocsin.store.alert_rows import unresolved
from tocsin.store.rows import change, change_all, find, find_all, insert, insert_all

AT_ONCE = 500
_SHORT_NAME = re.compile(r"ALR-([1-9][0-9]{0,8})", re.IGNORECASE)


class DjangoAlerts:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def latest(self, fingerprint: str) -> Alert | None:
        row = find(models.Alert, self._alias, newest_by="number", fingerprint=fingerprint)
        return None if row is None else alert_of(row)

    def latest_of(self, fingerprints: Sequence[str]) -> Mapping[str, Alert]:
        known: dict[str, Alert] = {}
        for start in range(0, len(fingerprints), AT_ONCE):
            asked = fingerprints[start : start + AT_ONCE]
            rows = self._rows.filter(fingerprint__in=asked)
            newest = rows.values("fingerprint").annotate(last=Max("number")).values("last")
            known.update((row.fingerprint, alert_of(row)) for row in self._rows.filter(number__in=newest))
        return known

    def add_all(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        numbers: dict[str, int] = {}
        for start in range(0, len(alerts), AT_ONCE):
            rows = [models.Alert(**_columns(alert)) for alert in alerts[start : start + AT_ONCE]]
            numbers.update(insert_all(rows, self._alias, known_by="fingerprint"))
        return tuple(replace(alert, number=numbers[alert.fingerprint]) for alert in alerts)

    def renew(self, alerts: Sequence[Alert]) -> None:
        renewed = [
            {
                "ends_at": alert.ends_at,
                "ends_by_timeout": alert.ends_by_timeout,
                "updated_at": alert.updated_at,
                "number": alert.number,
            }
            for alert in alerts
        ]
        change_all(models.Alert, self._alias, renewed, by="number")

    def lapsed(self, now: datetime, limit: int = 500) -> tuple[Alert, ...]:
        rows = self._rows.filter(over=False, ends_at__lte=now).order_by("ends_at", "number")
        return tuple(alert_of(row) for row in rows[:limit])

    def next_lapse(self) -> datetime | None:
        first = self._rows.filter(over=False).order_by("ends_at").values_list("ends_at", flat=True).first()
        return first

    def muted(self, limit: int = 1000, after: int = 0) -> tuple[Alert, ...]:
        rows = self._rows.filter(over=False, number__gt=after).exclude(muted_by="").order_by("number")
        return tuple(alert_of(row) for row in rows[:limit])

    def inhibitors(self, now: datetime) -> tuple[Alert, ...]:
        return tuple(alert_of(row) for row in self._rows.filter(inhibits=True, ends_at__gt=now))

    def firing_in(self, incident_id: UUID, now: datetime) -> int:
        return self._rows.filter(incident=incident_id, ends_at__gt=now).count()

    def add(self, alert: Alert) -> Alert:
        row = models.Alert(**_columns(alert))
        insert(row, self._alias)
        return replace(alert, number=row.number)

    def save(self, alert: Alert) -> None:
        change(models.Alert, self._alias, _columns(alert), number=alert.number)

    def get(self, number: int) -> Alert | None:
        row = find(models.Alert, self._alias, number=number)
        return None if row is None else alert_of(row)

    def of_incident(self, incident_id: UUID) -> tuple[Alert, ...]:
        rows = find_all(models.Alert, self._alias, by=("number",), incident=incident_id)
        return tuple(alert_of(row) for row in rows)

    def unresolved(self, now: datetime, limit: int = 1000) -> tuple[Alert, ...]:
        return unresolved(self._alias, now, limit)

    def recent(self, limit: int = 50) -> tuple[Alert, ...]:
        return tuple(alert_of(row) for row in self._rows.order_by("-number")[:limit])

    def before(self, number: int, limit: int) -> tuple[Alert, ...]:
        rows = self._rows.filter(number__lt=number).order_by("-number").defer("evidence")[:limit]
        return tuple(_without_evidence(row) for row in rows)

    def listed(
        self, wanted: AlertFilter, now: datetime, limit: int = 50, offset: int = 0
    ) -> tuple[Alert, ...]:
        found: list[Alert] = []
        for rows in self._by_status(wanted, now):
            found += [alert_of(row) for row in rows.order_by("-number")[offset : offset + limit - len(found)]]
            if len(found) >= limit:
                break
            if offset:
                offset = 0 if found else max(0, offset - rows.count())
        return tuple(found)

    def count(self, wanted: AlertFilter, now: datetime) -> int:
        return sum(rows.count() for rows in self._by_status(wanted, now))

    def _by_status(self, wanted: AlertFilter, now: datetime) -> Iterator[QuerySet[models.Alert]]:
        """Yield for each status what is looked for, so that an index serves each."""
        rows = self._rows
        if wanted.source:
            rows = rows.filter(source=wanted.source)
        if wanted.incident_id is not None:
            rows = rows.filter(incident=wanted.incident_id)
        if wanted.text:
            rows = _holding(rows, wanted.text)
        for status in AlertStatus if wanted.status is None else (wanted.status,):
            if status is AlertStatus.RESOLVED:
                yield rows.filter(ends_at__lte=now)
            elif status is AlertStatus.MUTED:
                yield rows.filter(ends_at__gt=now).exclude(muted_by="")
            else:
                yield rows.filter(ends_at__gt=now, muted_by="")

    def tell(self, lines: Sequence[AlertLine]) -> None:
        rows = [
            models.AlertLine(alert=line.alert, at=line.at, kind=line.kind.value, text=line.text)
            for line in lines
        ]
        models.AlertLine.objects.using(self._alias).bulk_create(rows, batch_size=AT_ONCE)

    def story(self, number: int) -> tuple[AlertLine, ...]:
        return self.stories((number,))

    def stories(self, numbers: Sequence[int]) -> tuple[AlertLine, ...]:
        rows = models.AlertLine.objects.using(self._alias).filter(alert__in=numbers).order_by("number")
        return tuple(
            AlertLine(alert=row.alert, at=row.at, kind=Happening(row.kind), text=row.text, number=row.number)
            for row in rows
        )

    @property
    def _rows(self) -> QuerySet[models.Alert]:
        return models.Alert.objects.using(self._alias)


def _holding(rows: QuerySet[models.Alert], text: str) -> QuerySet[models.Alert]:
    """Look through the JSON as it is kept, as ASCII text, so the text is written in the same way."""
    written = json.dumps(text)[1:-1]
    fits = Q(source__icontains=text) | Q(_labels__icontains=written) | Q(_annotations__icontains=written)
    if named := _SHORT_NAME.fullmatch(text):
        fits |= Q(number=int(named[1]))
    return rows.alias(
        _labels=Cast("labels", TextField()), _annotations=Cast("annotations", TextField())
    ).filter(fits)


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
        "muted_by": alert.muted_by,
        "inhibits": alert.inhibits,
        "over": alert.over,
    }


def _without_evidence(row: models.Alert) -> Alert:
    # A column that was left out is asked for, row by row, unless something stands in its place.
    row.evidence = []
    return alert_of(row)


def alert_of(row: models.Alert) -> Alert:
    """Return the alert that a row holds."""
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
        muted_by=row.muted_by,
        inhibits=row.inhibits,
        over=row.over,
    )
