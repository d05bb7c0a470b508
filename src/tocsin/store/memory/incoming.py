"""Arrivals, quarantine and alerts in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from tocsin.domain.alert import Alert, AlertFilter, AlertLine, AlertStatus
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.store.memory.tables import Tables, newest, put_changed


class MemoryArrivals:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, arrival: Arrival) -> bool:
        key = (arrival.connector, arrival.source, arrival.key)
        if key in self._tables.arrival_keys or arrival.arrival_id in self._tables.arrivals:
            return False
        self._tables.arrivals[arrival.arrival_id] = arrival
        self._tables.arrival_keys[key] = arrival.arrival_id
        return True

    def get(self, arrival_id: UUID) -> Arrival | None:
        return self._tables.arrivals.get(arrival_id)


class MemoryQuarantine:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, quarantined: Quarantined) -> Quarantined:
        numbered = replace(quarantined, number=self._tables.next_number("quarantined"))
        self._tables.quarantined[numbered.number] = numbered
        return numbered

    def get(self, number: int) -> Quarantined | None:
        return self._tables.quarantined.get(number)

    def mark_replayed(self, number: int, at: datetime) -> None:
        kept = self._tables.quarantined.get(number)
        if kept is not None:
            self._tables.quarantined[number] = replace(kept, replayed_at=at)

    def waiting(self, limit: int = 50) -> tuple[Quarantined, ...]:
        return newest(self._waiting(), limit, attrgetter("number"))

    def count_waiting(self) -> int:
        return len(self._waiting())

    def _waiting(self) -> list[Quarantined]:
        return [kept for kept in self._tables.quarantined.values() if kept.replayed_at is None]


class MemoryAlerts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def latest(self, fingerprint: str) -> Alert | None:
        number = self._tables.latest_alerts.get(fingerprint)
        return None if number is None else self._tables.alerts[number]

    def latest_of(self, fingerprints: Sequence[str]) -> Mapping[str, Alert]:
        known = {fingerprint: self.latest(fingerprint) for fingerprint in fingerprints}
        return {fingerprint: alert for fingerprint, alert in known.items() if alert is not None}

    def add_all(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        return tuple(self.add(alert) for alert in alerts)

    def renew(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            kept = self._tables.alerts[alert.number]
            self._tables.alerts[alert.number] = replace(
                kept,
                ends_at=alert.ends_at,
                ends_by_timeout=alert.ends_by_timeout,
                updated_at=alert.updated_at,
            )

    def lapsed(self, now: datetime, limit: int = 500) -> tuple[Alert, ...]:
        ended = (kept for kept in self._tables.alerts.values() if not kept.over and kept.ends_at <= now)
        return tuple(sorted(ended, key=attrgetter("ends_at", "number"))[:limit])

    def next_lapse(self) -> datetime | None:
        return min((kept.ends_at for kept in self._tables.alerts.values() if not kept.over), default=None)

    def muted(self, limit: int = 1000, after: int = 0) -> tuple[Alert, ...]:
        kept = self._tables.alerts.values()
        muted = (each for each in kept if each.muted_by and not each.over and each.number > after)
        return tuple(sorted(muted, key=attrgetter("number"))[:limit])

    def inhibitors(self, now: datetime) -> tuple[Alert, ...]:
        kept = self._tables.alerts.values()
        return tuple(each for each in kept if each.inhibits and not each.is_resolved(now))

    def firing_in(self, incident_id: UUID, now: datetime) -> int:
        return sum(not alert.is_resolved(now) for alert in self.of_incident(incident_id))

    def add(self, alert: Alert) -> Alert:
        numbered = replace(alert, number=self._tables.next_number("alert"))
        self._tables.alerts[numbered.number] = numbered
        self._tables.latest_alerts[numbered.fingerprint] = numbered.number
        return numbered

    def save(self, alert: Alert) -> None:
        put_changed(self._tables.alerts, alert.number, alert)

    def get(self, number: int) -> Alert | None:
        return self._tables.alerts.get(number)

    def of_incident(self, incident_id: UUID) -> tuple[Alert, ...]:
        alerts = (alert for alert in self._tables.alerts.values() if alert.incident_id == incident_id)
        return tuple(sorted(alerts, key=attrgetter("number")))

    def unresolved(self, now: datetime, limit: int = 1000) -> tuple[Alert, ...]:
        alerts = (alert for alert in self._tables.alerts.values() if not alert.is_resolved(now))
        return tuple(sorted(alerts, key=attrgetter("fingerprint", "number"))[:limit])

    def recent(self, limit: int = 50) -> tuple[Alert, ...]:
        return newest(self._tables.alerts.values(), limit, attrgetter("number"))

    def before(self, number: int, limit: int) -> tuple[Alert, ...]:
        earlier = (alert for alert in self._tables.alerts.values() if alert.number < number)
        return tuple(replace(alert, evidence=()) for alert in newest(earlier, limit, attrgetter("number")))

    def listed(
        self, wanted: AlertFilter, now: datetime, limit: int = 50, offset: int = 0
    ) -> tuple[Alert, ...]:
        order = list(AlertStatus)
        found = [alert for alert in self._tables.alerts.values() if _fits(alert, wanted, now)]
        found.sort(key=lambda alert: (order.index(alert.status(now)), -alert.number))
        return tuple(found[offset : offset + limit])

    def count(self, wanted: AlertFilter, now: datetime) -> int:
        return sum(_fits(alert, wanted, now) for alert in self._tables.alerts.values())

    def tell(self, lines: Sequence[AlertLine]) -> None:
        for line in lines:
            number = self._tables.next_number("alert line")
            self._tables.stories[number] = replace(line, number=number)

    def story(self, number: int) -> tuple[AlertLine, ...]:
        return tuple(line for line in self._tables.stories.values() if line.alert == number)

    def stories(self, numbers: Sequence[int]) -> tuple[AlertLine, ...]:
        wanted = frozenset(numbers)
        return tuple(line for line in self._tables.stories.values() if line.alert in wanted)


def _fits(alert: Alert, wanted: AlertFilter, now: datetime) -> bool:
    texts = (json.dumps(dict(alert.labels)), json.dumps(dict(alert.annotations)), alert.source)
    written = json.dumps(wanted.text)[1:-1].lower()
    return (
        wanted.status in (None, alert.status(now))
        and wanted.source in ("", alert.source)
        and wanted.incident_id in (None, alert.incident_id)
        and (wanted.text.upper() == alert.short_name or any(written in text.lower() for text in texts))
    )
