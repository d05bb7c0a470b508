"""Reads tens of thousands of alerts at once, without a model for each row: that costs most of the time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connections

from tocsin.domain.alert import Alert
from tocsin.store import models

_NAMES = (
    "fingerprint",
    "source",
    "labels",
    "annotations",
    "starts_at",
    "ends_at",
    "ends_by_timeout",
    "updated_at",
    "generator_url",
    "number",
    "incident",
    "count",
    "evidence",
    "muted_by",
    "inhibits",
    "over",
)


def unresolved(alias: str, now: datetime, limit: int) -> tuple[Alert, ...]:
    """Return the alerts whose lease still runs at `now`, by fingerprint and number, at most `limit`."""
    connection, table = connections[alias], models.Alert._meta
    # As an expression, SQLite's text stays text: a column's instants would be parsed a second time.
    as_text = " || ''" if connection.vendor == "sqlite" else ""
    columns = ", ".join(f'"{name}"{as_text if name.endswith("_at") else ""}' for name in _NAMES)
    statement = (
        f'SELECT {columns} FROM "{table.db_table}" WHERE "ends_at" > %s'
        ' ORDER BY "fingerprint", "number" LIMIT %s'
    )
    asked = table.get_field("ends_at").get_db_prep_value(now, connection=connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, [asked, limit])
        return tuple(_alerts(cursor.fetchall()))


def _alerts(rows: list[tuple[Any, ...]]) -> Iterator[Alert]:
    # Alerts of one batch share their times, and those of one incident its id.
    incidents: dict[Any, UUID] = {}
    times: dict[Any, datetime] = {}
    for row in rows:
        for written in (row[4], row[5], row[7]):
            if written not in times:
                times[written] = _instant(written)
        if row[10] is not None and row[10] not in incidents:
            incidents[row[10]] = row[10] if isinstance(row[10], UUID) else UUID(row[10])
        yield Alert(
            fingerprint=row[0],
            source=row[1],
            labels=_read(row[2]),
            annotations=_read(row[3]),
            starts_at=times[row[4]],
            ends_at=times[row[5]],
            ends_by_timeout=bool(row[6]),
            updated_at=times[row[7]],
            generator_url=row[8],
            number=row[9],
            incident_id=incidents.get(row[10]),
            count=row[11],
            evidence=tuple(_read(row[12])),
            muted_by=row[13],
            inhibits=bool(row[14]),
            over=bool(row[15]),
        )


def _instant(written: Any) -> datetime:
    """Return an instant: SQLite keeps it as text in UTC, PostgreSQL as what it is."""
    at = written if isinstance(written, datetime) else datetime.fromisoformat(written)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # What a sender may write and the faster reader refuses: half of a surrogate pair.
        return json.loads(text)
