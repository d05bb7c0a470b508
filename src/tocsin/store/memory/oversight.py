"""Looks over the tables in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from tocsin.domain.incident import Incident
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.domain.ports.oversight import Tops, Unanswered
from tocsin.domain.timeline import Happening
from tocsin.store.memory.tables import Tables

_EVER = datetime.min.replace(tzinfo=UTC)


class MemoryOversight:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def dead(self, limit: int = 50, channel: str = "") -> tuple[str, ...]:
        found = [(each.finished_at or _EVER, each.key) for each in self._dead_messages(channel)]
        found += [(each.run_at, each.key) for each in self._dead_jobs(channel)]
        return tuple(key for _, key in sorted(found, reverse=True)[:limit])

    def count_dead(self, channel: str = "") -> int:
        return len(self._dead_messages(channel)) + len(self._dead_jobs(channel))

    def died_since(self, at: datetime, apart: Collection[UUID] = ()) -> int:
        messages = [each for each in self._dead_messages("") if each.incident_id not in apart]
        jobs = [each for each in self._dead_jobs("") if each.run_at >= at]
        return len(jobs) + sum((each.finished_at or _EVER) >= at for each in messages)

    def sent_to(self, channel: str, address: str, limit: int = 20) -> tuple[str, ...]:
        sent = [
            each.key
            for each in self._tables.deliveries.values()
            if (each.channel, each.address) == (channel, address)
        ]
        return tuple(reversed(sent))[:limit]

    def overdue(self, before: datetime) -> int:
        jobs = self._tables.jobs.values()
        return sum(job.state is JobState.READY and job.run_at < before for job in jobs)

    def tops(self) -> Tops:
        incidents = self._tables.incidents.values()
        return Tops(
            alert=max(self._tables.alerts, default=0),
            incident=max((each.number for each in incidents), default=0),
        )

    def unanswered(self, limit: int = 5000, also: Collection[UUID] = ()) -> tuple[Unanswered, ...]:
        waiting = (
            each
            for each in self._tables.incidents.values()
            if each.status.is_active and (each.acknowledged_at is None or each.incident_id in also)
        )
        return _unanswered(waiting)[:limit]

    def opened(self, after: int, to: int) -> tuple[Unanswered, ...]:
        return _unanswered(each for each in self._tables.incidents.values() if after < each.number <= to)

    def due(self, keys: Sequence[str]) -> Mapping[str, datetime]:
        known = ((key, self._tables.jobs.get(key)) for key in keys)
        return {key: job.run_at for key, job in known if job is not None and job.state is JobState.READY}

    def happened_in(self, incidents: Sequence[UUID]) -> Mapping[UUID, frozenset[Happening]]:
        found: dict[UUID, set[Happening]] = {}
        for entry in self._tables.timeline.values():
            if entry.incident_id in incidents:
                found.setdefault(entry.incident_id, set()).add(entry.kind)
        return {incident: frozenset(kinds) for incident, kinds in found.items()}

    def unaccounted(self, after: int, to: int, limit: int = 100) -> tuple[int, ...]:
        told = {line.alert for line in self._tables.stories.values()}
        numbers = (
            number
            for number, alert in sorted(self._tables.alerts.items())
            if after < number <= to and alert.incident_id is None and number not in told
        )
        return tuple(numbers)[:limit]

    def _dead_messages(self, channel: str) -> list[Delivery]:
        messages = self._tables.deliveries.values()
        return [
            each for each in messages if each.state is DeliveryState.DEAD and channel in ("", each.channel)
        ]

    def _dead_jobs(self, channel: str) -> list[Job]:
        messages = {each.key for each in self._dead_messages("")}
        jobs = (job for job in self._tables.jobs.values() if job.state is JobState.DEAD)
        kinds = (f"deliver.{channel}",) if channel else ()
        return [job for job in jobs if job.key not in messages and (not kinds or job.kind in kinds)]


def _unanswered(incidents: Iterable[Incident]) -> tuple[Unanswered, ...]:
    return tuple(
        Unanswered(
            incident_id=each.incident_id,
            number=each.number,
            severity=each.severity,
            policy=each.policy,
            drill=each.drill,
            opened_at=each.opened_at,
        )
        for each in sorted(incidents, key=lambda each: each.number)
    )
