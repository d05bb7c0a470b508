"""Keeps the timeline lines of all incidents in one order."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet

from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.store import models
from tocsin.store.rows import find_all, insert

# How many of the newest lines are looked at for unsettled ones; more than there are writers at once.
_LOOK_BACK = 200

# Every transaction below this number is over. None inside a transaction that has written itself.
_FINISHED = """SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL
               THEN pg_snapshot_xmin(pg_current_snapshot())::text::bigint END"""


class DjangoTimeline:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, entry: TimelineEntry) -> TimelineEntry:
        row = models.TimelineLine(
            incident=entry.incident_id,
            at=entry.at,
            kind=entry.kind.value,
            actor=entry.actor,
            text=entry.text,
            automated=entry.automated,
            exhibit=entry.exhibit,
        )
        insert(row, self._alias)
        return replace(entry, number=row.number)

    def of_incident(self, incident_id: UUID) -> tuple[TimelineEntry, ...]:
        rows = find_all(models.TimelineLine, self._alias, by=("number",), incident=incident_id)
        return tuple(_entry(row) for row in rows)

    def since(self, number: int, limit: int = 200) -> tuple[TimelineEntry, ...]:
        """Stop before the first line that a line with a smaller number may still be committed before."""
        finished = self._finished()
        rows = tuple(self._rows.filter(number__gt=number).order_by("number")[:limit])
        unsettled = (at for at, row in enumerate(rows) if finished is not None and row.horizon > finished)
        return tuple(_entry(row) for row in rows[: next(unsettled, len(rows))])

    def last_number(self) -> int:
        """Return the last number that `since` would have got to."""
        finished = self._finished()
        newest = self._rows.order_by("-number").values_list("number", "horizon")[:_LOOK_BACK]
        settled = 0
        for number, horizon in newest:
            if finished is not None and horizon > finished:
                settled = 0
            elif not settled:
                settled = number
        return settled

    def _finished(self) -> int | None:
        connection = connections[self._alias]
        if connection.vendor != "postgresql":
            return None
        with connection.cursor() as cursor:
            cursor.execute(_FINISHED)
            (finished,) = cursor.fetchone()
            return None if finished is None else int(finished)

    @property
    def _rows(self) -> QuerySet[models.TimelineLine]:
        return models.TimelineLine.objects.using(self._alias)


def _entry(row: models.TimelineLine) -> TimelineEntry:
    return TimelineEntry(
        incident_id=row.incident,
        at=row.at,
        kind=Happening(row.kind),
        actor=row.actor,
        text=row.text,
        automated=row.automated,
        exhibit=row.exhibit,
        number=row.number,
    )
