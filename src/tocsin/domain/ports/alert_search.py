"""What is known of alerts beside themselves: the stories told of them, and how they are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tocsin.domain.alert import Alert, AlertFilter, AlertLine


class AlertStories(Protocol):
    """What was decided about each alert, line by line."""

    def tell(self, lines: Sequence[AlertLine]) -> None:
        """Write lines into the stories of alerts, in one statement."""
        ...

    def story(self, number: int) -> tuple[AlertLine, ...]:
        """Return an alert's lines, oldest first."""
        ...

    def stories(self, numbers: Sequence[int]) -> tuple[AlertLine, ...]:
        """Return the lines of some alerts (at most 500), oldest first."""
        ...


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
