"""Where the state of calling is kept: pages and deliveries, silences, overrides, the Inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from tocsin.domain.attempt import Attempt
from tocsin.domain.override import Override
from tocsin.domain.page import Delivery, Page
from tocsin.domain.silence import Silence


class PageShelf(Protocol):
    """Pages and the deliveries of pages and notices."""

    def add(self, page: Page) -> None: ...
    def save(self, page: Page) -> None: ...
    def get(self, page_id: UUID) -> Page | None: ...
    def of_incident(self, incident_id: UUID) -> tuple[Page, ...]:
        """Return the incident's pages in the order they were requested."""
        ...

    def called_between(self, start: datetime, end: datetime) -> Mapping[str, int]:
        """Return how many pages each person was sent from `start` on and before `end`."""
        ...

    def add_delivery(self, delivery: Delivery) -> None: ...
    def save_delivery(self, delivery: Delivery) -> None: ...
    def delivery(self, key: str) -> Delivery | None: ...
    def deliveries_of(self, incident_id: UUID) -> tuple[Delivery, ...]: ...
    def add_attempt(self, attempt: Attempt) -> None: ...
    def attempts(self, keys: Sequence[str]) -> tuple[Attempt, ...]:
        """Return the attempts of some deliveries, oldest first."""
        ...


class SilenceShelf(Protocol):
    """Silences, whoever made them."""

    def add(self, silence: Silence) -> None: ...
    def save(self, silence: Silence) -> None: ...
    def get(self, silence_id: UUID) -> Silence | None: ...
    def ending_after(self, at: datetime) -> tuple[Silence, ...]:
        """Return those whose `ends_at` is later than an instant, by their end."""
        ...

    def drop_ended(self, before: datetime) -> int:
        """Forget those that ended before an instant; return how many."""
        ...


class OverrideShelf(Protocol):
    """Overrides of schedules."""

    def add(self, override: Override) -> None: ...
    def save(self, override: Override) -> None: ...
    def get(self, override_id: UUID) -> Override | None: ...
    def between(self, start: datetime, end: datetime, schedule: str = "") -> tuple[Override, ...]:
        """Return those that touch a span (of one schedule, or of all), by creation."""
        ...


class InboxShelf(Protocol):
    """Messages kept locally by the Inbox channel, for drills and first use."""

    def keep(self, key: str, person: str, subject: str, text: str, link: str, at: datetime) -> bool:
        """Keep a message; False when the key is here already (a repeat changes nothing)."""
        ...

    def recent(self, limit: int = 50) -> tuple[Mapping[str, str], ...]:
        """Return newest first: `key, person, subject, text, link, at` (ISO 8601)."""
        ...
