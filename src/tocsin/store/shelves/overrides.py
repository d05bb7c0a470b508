"""Keeps overrides of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.store import models
from tocsin.store.rows import change, find, find_all, insert


class DjangoOverrides:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, override: Override) -> None:
        insert(models.Override(override_id=override.override_id, **_columns(override)), self._alias)

    def save(self, override: Override) -> None:
        change(models.Override, self._alias, _columns(override), override_id=override.override_id)

    def get(self, override_id: UUID) -> Override | None:
        row = find(models.Override, self._alias, override_id=override_id)
        return None if row is None else _override(row)

    def between(self, start: datetime, end: datetime, schedule: str = "") -> tuple[Override, ...]:
        span: dict[str, Any] = {"starts_at <": end, "ends_at >": start}
        if schedule:
            span["schedule"] = schedule
        rows = find_all(models.Override, self._alias, by=("created_at", "id"), where=span)
        return tuple(_override(row) for row in rows)


def _columns(override: Override) -> dict[str, Any]:
    return {
        "schedule": override.schedule,
        "kind": override.kind.value,
        "state": override.state.value,
        "starts_at": override.starts_at,
        "ends_at": override.ends_at,
        "person": override.person,
        "instead_of": override.instead_of,
        "asked_by": override.asked_by,
        "created_at": override.created_at,
        "reason": override.reason,
        "swap_id": override.swap_id,
    }


def _override(row: models.Override) -> Override:
    return Override(
        override_id=row.override_id,
        schedule=row.schedule,
        kind=OverrideKind(row.kind),
        state=OverrideState(row.state),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        person=row.person,
        instead_of=row.instead_of,
        asked_by=row.asked_by,
        created_at=row.created_at,
        reason=row.reason,
        swap_id=row.swap_id,
    )
