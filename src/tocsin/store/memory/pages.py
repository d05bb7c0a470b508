"""Pages, deliveries and the Inbox in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from tocsin.domain.attempt import Attempt
from tocsin.domain.page import Delivery, Page
from tocsin.store.memory.tables import Tables, put_changed, put_new


class MemoryPages:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, page: Page) -> None:
        put_new(self._tables.pages, page.page_id, page)

    def save(self, page: Page) -> None:
        put_changed(self._tables.pages, page.page_id, page)

    def get(self, page_id: UUID) -> Page | None:
        return self._tables.pages.get(page_id)

    def of_incident(self, incident_id: UUID) -> tuple[Page, ...]:
        pages = (page for page in self._tables.pages.values() if page.incident_id == incident_id)
        return tuple(sorted(pages, key=attrgetter("requested_at")))

    def called_between(self, start: datetime, end: datetime) -> Mapping[str, int]:
        return Counter(
            page.person for page in self._tables.pages.values() if start <= page.requested_at < end
        )

    def add_delivery(self, delivery: Delivery) -> None:
        put_new(self._tables.deliveries, delivery.key, delivery)

    def save_delivery(self, delivery: Delivery) -> None:
        put_changed(self._tables.deliveries, delivery.key, delivery)

    def delivery(self, key: str) -> Delivery | None:
        return self._tables.deliveries.get(key)

    def deliveries_of(self, incident_id: UUID) -> tuple[Delivery, ...]:
        deliveries = (kept for kept in self._tables.deliveries.values() if kept.incident_id == incident_id)
        return tuple(sorted(deliveries, key=attrgetter("requested_at")))

    def add_attempt(self, attempt: Attempt) -> None:
        self._tables.attempts[self._tables.next_number("attempt")] = attempt

    def attempts(self, keys: Sequence[str]) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self._tables.attempts.values() if attempt.key in keys)


class MemoryInbox:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def keep(self, key: str, person: str, subject: str, text: str, link: str, at: datetime) -> bool:
        if key in self._tables.inbox:
            return False
        self._tables.inbox[key] = {
            "key": key,
            "person": person,
            "subject": subject,
            "text": text,
            "link": link,
            "at": at.isoformat(),
        }
        return True

    def recent(self, limit: int = 50) -> tuple[Mapping[str, str], ...]:
        return tuple(dict(message) for message in reversed(self._tables.inbox.values()))[:limit]
