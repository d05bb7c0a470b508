"""How alerts are looked for by people: a filter, an order, one page at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from tocsin.domain.alert import Alert, AlertFilter


class AlertSearch(Protocol):
    """Looks through all alerts that are kept."""

    def listed(
        self, wanted: AlertFilter, now: datetime, limit: int = 50, offset: int = 0
    ) -> tuple[Alert, ...]:
        """Return alerts that fire, then those that are muted, then those that are over; each newest first."""
        ...

    def count(self, wanted: AlertFilter, now: datetime) -> int:
        """Return how many there are in all."""
        ...
