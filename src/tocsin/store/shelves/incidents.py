"""Keeps incidents, with their clocks in the incident's own row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tocsin.domain.incident import ClockKind, Incident, IncidentClock, Status
from tocsin.domain.severity import Severity
from tocsin.store import models
from tocsin.store.numbers import next_number
from tocsin.store.rows import change, digest_of, find, insert

_ACTIVE = tuple(status.value for status in Status if status.is_active)


class DjangoIncidents:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def next_number(self) -> int:
        return next_number("incident", self._alias)

    def add(self, incident: Incident) -> None:
        insert(models.Incident(incident_id=incident.incident_id, **_columns(incident)), self._alias)

    def save(self, incident: Incident) -> None:
        change(models.Incident, self._alias, _columns(incident), incident_id=incident.incident_id)

    def get(self, incident_id: UUID) -> Incident | None:
        return _found(find(models.Incident, self._alias, incident_id=incident_id))

    def by_number(self, number: int) -> Incident | None:
        return _found(find(models.Incident, self._alias, number=number))

    def active_in_group(self, group_key: str) -> Incident | None:
        digest = digest_of(group_key)
        # Nearly always the newest of a group is the active one, or none is.
        newest = find(models.Incident, self._alias, newest_by="number", group_digest=digest)
        if newest is None or newest.status in _ACTIVE:
            return _found(newest)
        rows = self._rows.filter(group_digest=digest, status__in=_ACTIVE)
        return _found(rows.order_by("-number").first())

    def listed(
        self,
        statuses: Sequence[Status] = (),
        severities: Sequence[Severity] = (),
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Incident, ...]:
        rows = self._filtered(statuses, severities).order_by("-number")
        return tuple(_incident(row) for row in rows[offset : offset + limit])

    def count(self, statuses: Sequence[Status] = (), severities: Sequence[Severity] = ()) -> int:
        return int(self._filtered(statuses, severities).count())

    def _filtered(
        self, statuses: Sequence[Status], severities: Sequence[Severity]
    ) -> QuerySet[models.Incident]:
        rows = self._rows
        if statuses:
            rows = rows.filter(status__in=[status.value for status in statuses])
        if severities:
            rows = rows.filter(severity__in=[severity.value for severity in severities])
        return rows

    @property
    def _rows(self) -> QuerySet[models.Incident]:
        return models.Incident.objects.using(self._alias)


def _found(row: models.Incident | None) -> Incident | None:
    return None if row is None else _incident(row)


def _columns(incident: Incident) -> dict[str, Any]:
    return {
        "number": incident.number,
        "title": incident.title,
        "severity": incident.severity.value,
        "type": incident.type,
        "status": incident.status.value,
        "group_key": incident.group_key,
        "group_digest": digest_of(incident.group_key),
        "detected_at": incident.detected_at,
        "opened_at": incident.opened_at,
        "description": incident.description,
        "services": incident.services,
        "commander": incident.commander,
        "acknowledged_at": incident.acknowledged_at,
        "acknowledged_by": incident.acknowledged_by,
        "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at,
        "root_cause": incident.root_cause,
        "clocks": [_clock_columns(clock) for clock in incident.clocks],
        "drill": incident.drill,
        "policy": incident.policy,
    }


def _incident(row: models.Incident) -> Incident:
    return Incident(
        incident_id=row.incident_id,
        number=row.number,
        title=row.title,
        severity=Severity(row.severity),
        type=row.type,
        status=Status(row.status),
        group_key=row.group_key,
        detected_at=row.detected_at,
        opened_at=row.opened_at,
        description=row.description,
        services=tuple(row.services),
        commander=row.commander,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        root_cause=row.root_cause,
        clocks=tuple(_clock(kept) for kept in row.clocks),
        drill=row.drill,
        policy=row.policy,
    )


def _clock_columns(clock: IncidentClock) -> dict[str, str | None]:
    return {
        "kind": clock.kind.value,
        "started_at": clock.started_at.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "owner": clock.owner,
        "consequence": clock.consequence,
        "met_at": _text(clock.met_at),
        "missed_at": _text(clock.missed_at),
    }


def _clock(kept: dict[str, Any]) -> IncidentClock:
    return IncidentClock(
        kind=ClockKind(kept["kind"]),
        started_at=datetime.fromisoformat(kept["started_at"]),
        due_at=datetime.fromisoformat(kept["due_at"]),
        owner=kept["owner"],
        consequence=kept["consequence"],
        met_at=_instant(kept["met_at"]),
        missed_at=_instant(kept["missed_at"]),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
