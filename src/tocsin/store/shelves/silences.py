"""Keeps silences; a matcher is kept as its label, operator and value."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Recurrence, Silence
from tocsin.store import models
from tocsin.store.rows import change, find, find_all, insert


class DjangoSilences:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, silence: Silence) -> None:
        insert(models.Silence(silence_id=silence.silence_id, **_columns(silence)), self._alias)

    def save(self, silence: Silence) -> None:
        change(models.Silence, self._alias, _columns(silence), silence_id=silence.silence_id)

    def get(self, silence_id: UUID) -> Silence | None:
        row = find(models.Silence, self._alias, silence_id=silence_id)
        return None if row is None else _silence(row)

    def ending_after(self, at: datetime) -> tuple[Silence, ...]:
        rows = find_all(models.Silence, self._alias, by=("ends_at", "silence_id"), where={"ends_at >": at})
        return tuple(_silence(row) for row in rows)

    def drop_ended(self, before: datetime) -> int:
        dropped, _ = self._rows.filter(ends_at__lt=before).delete()
        return dropped

    @property
    def _rows(self) -> QuerySet[models.Silence]:
        return models.Silence.objects.using(self._alias)


def _columns(silence: Silence) -> dict[str, Any]:
    again = silence.recurrence
    return {
        "matchers": [[each.label, each.operator, each.value] for each in silence.matchers],
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "updated_at": silence.updated_at,
        "created_by": silence.created_by,
        "owner": silence.owner,
        "comment": silence.comment,
        "until_resolved": silence.until_resolved,
        "recurrence": again and [again.rule, again.zone, again.lasts.total_seconds()],
        "needs_second": silence.needs_second,
        "second": silence.second,
    }


def _silence(row: models.Silence) -> Silence:
    return Silence(
        silence_id=row.silence_id,
        matchers=tuple(matcher(*parts) for parts in row.matchers),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        owner=row.owner,
        comment=row.comment,
        until_resolved=row.until_resolved,
        recurrence=_recurrence(row.recurrence),
        needs_second=row.needs_second,
        second=row.second,
    )


def _recurrence(kept: list[Any] | None) -> Recurrence | None:
    if kept is None:
        return None
    rule, zone, seconds = kept
    return Recurrence(rule=rule, zone=zone, lasts=timedelta(seconds=seconds))
