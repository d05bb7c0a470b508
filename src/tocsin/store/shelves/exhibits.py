"""Keeps what is known of each exhibit, and its custody."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit, Label
from tocsin.store import models
from tocsin.store.numbers import next_number
from tocsin.store.rows import insert

_AT_ONCE = 1000


class DjangoExhibits:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def next_number(self) -> int:
        return next_number("exhibit", self._alias)

    def add(self, exhibit: Exhibit) -> None:
        row = models.Exhibit(
            number=exhibit.number,
            incident=exhibit.incident_id,
            digest=exhibit.digest,
            size=exhibit.size,
            media_type=exhibit.media_type,
            name=exhibit.name,
            incident_date=exhibit.label.incident_date,
            description=exhibit.label.description,
            exported_by=exhibit.label.exported_by,
            kept_at=exhibit.kept_at,
            collector=exhibit.collector,
            covers=exhibit.covers,
            of=exhibit.of,
            gap=exhibit.gap,
            entry=exhibit.entry_id,
            encrypted=exhibit.encrypted,
        )
        insert(row, self._alias)

    def get(self, number: int) -> Exhibit | None:
        row = models.Exhibit.objects.using(self._alias).filter(pk=number).first()
        return None if row is None else _exhibit(row)

    def of_incident(self, incident_id: UUID) -> tuple[Exhibit, ...]:
        rows = models.Exhibit.objects.using(self._alias).filter(incident=incident_id)
        return tuple(_exhibit(row) for row in rows.order_by("number"))

    def all(self) -> tuple[Exhibit, ...]:
        return tuple(_exhibit(row) for row in models.Exhibit.objects.using(self._alias).order_by("number"))

    def add_custody(self, event: CustodyEvent) -> None:
        insert(_line(event), self._alias)

    def add_all_custody(self, events: Sequence[CustodyEvent]) -> None:
        rows = models.CustodyLine.objects.using(self._alias)
        rows.bulk_create([_line(event) for event in events], batch_size=_AT_ONCE)

    def custody_in(self, incident_id: UUID) -> tuple[CustodyEvent, ...]:
        ours = models.Exhibit.objects.using(self._alias).filter(incident=incident_id).values("number")
        rows = models.CustodyLine.objects.using(self._alias).filter(exhibit__in=ours).order_by("id")
        return tuple(_custody(row) for row in rows)

    def custody_of(self, number: int) -> tuple[CustodyEvent, ...]:
        rows = models.CustodyLine.objects.using(self._alias).filter(exhibit=number).order_by("id")
        return tuple(_custody(row) for row in rows)

    def custody(self, acts: Sequence[CustodyAct] = ()) -> tuple[CustodyEvent, ...]:
        rows = models.CustodyLine.objects.using(self._alias).order_by("id")
        chosen = rows.filter(act__in=[act.value for act in acts]) if acts else rows
        return tuple(_custody(row) for row in chosen)


def _line(event: CustodyEvent) -> models.CustodyLine:
    return models.CustodyLine(
        exhibit=event.exhibit, at=event.at, act=event.act.value, actor=event.actor, reason=event.reason
    )


def _custody(row: models.CustodyLine) -> CustodyEvent:
    return CustodyEvent(
        exhibit=row.exhibit, at=row.at, act=CustodyAct(row.act), actor=row.actor, reason=row.reason
    )


def _exhibit(row: models.Exhibit) -> Exhibit:
    return Exhibit(
        number=row.number,
        incident_id=row.incident,
        digest=row.digest,
        size=row.size,
        media_type=row.media_type,
        name=row.name,
        label=Label(
            incident_date=row.incident_date, description=row.description, exported_by=row.exported_by
        ),
        kept_at=row.kept_at,
        collector=row.collector,
        covers=row.covers,
        of=row.of,
        gap=row.gap,
        entry_id=row.entry,
        encrypted=row.encrypted,
    )
