"""Incidents and their timeline in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from uuid import UUID

from tocsin.domain.incident import Incident, Status
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import TimelineEntry
from tocsin.store.memory.tables import Tables, newest, put_changed, put_new


class MemoryIncidents:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next_number(self) -> int:
        return self._tables.next_number("incident")

    def add(self, incident: Incident) -> None:
        if self.by_number(incident.number) is not None:
            raise ValueError(f"{incident.short_name} is kept already")
        put_new(self._tables.incidents, incident.incident_id, incident)

    def save(self, incident: Incident) -> None:
        put_changed(self._tables.incidents, incident.incident_id, incident)

    def get(self, incident_id: UUID) -> Incident | None:
        return self._tables.incidents.get(incident_id)

    def by_number(self, number: int) -> Incident | None:
        return next((kept for kept in self._tables.incidents.values() if kept.number == number), None)

    def active_in_group(self, group_key: str) -> Incident | None:
        incidents = (kept for kept in self._tables.incidents.values() if kept.group_key == group_key)
        return max(
            (kept for kept in incidents if kept.status.is_active), key=attrgetter("number"), default=None
        )

    def listed(
        self,
        statuses: Sequence[Status] = (),
        severities: Sequence[Severity] = (),
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Incident, ...]:
        return newest(self._filtered(statuses, severities), offset + limit, attrgetter("number"))[offset:]

    def count(self, statuses: Sequence[Status] = (), severities: Sequence[Severity] = ()) -> int:
        return len(self._filtered(statuses, severities))

    def _filtered(self, statuses: Sequence[Status], severities: Sequence[Severity]) -> list[Incident]:
        return [
            kept
            for kept in self._tables.incidents.values()
            if (not statuses or kept.status in statuses) and (not severities or kept.severity in severities)
        ]


class MemoryTimeline:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, entry: TimelineEntry) -> TimelineEntry:
        numbered = replace(entry, number=self._tables.next_number("timeline"))
        self._tables.timeline[numbered.number] = numbered
        return numbered

    def of_incident(self, incident_id: UUID) -> tuple[TimelineEntry, ...]:
        return tuple(entry for entry in self._tables.timeline.values() if entry.incident_id == incident_id)

    def since(self, number: int, limit: int = 200) -> tuple[TimelineEntry, ...]:
        return tuple(entry for entry in self._tables.timeline.values() if entry.number > number)[:limit]

    def last_number(self) -> int:
        return max(self._tables.timeline, default=0)
