"""What is asked of everything that is kept at once: what died, what waits for nothing, what was forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """An active incident that nobody, or too few, have acknowledged. `policy` names its escalation policy."""

    incident_id: UUID
    number: int
    severity: Severity
    policy: str
    drill: bool
    opened_at: datetime

    @property
    def short_name(self) -> str:
        """Return `INC-n`."""
        return f"INC-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tops:
    """The greatest numbers given so far, 0 for none."""

    alert: int
    incident: int


class OversightShelf(Protocol):
    """Looks over all tables in few statements. It writes nothing."""

    def dead(self, limit: int = 50, channel: str = "") -> tuple[str, ...]:
        """Return the keys of dead messages (of one channel, or of all) and other dead jobs, newest first."""
        ...

    def count_dead(self, channel: str = "") -> int:
        """Return how many those are."""
        ...

    def died_since(self, at: datetime, apart: Collection[UUID] = ()) -> int:
        """Return how many died since an instant, without those about some incidents."""
        ...

    def sent_to(self, channel: str, address: str, limit: int = 20) -> tuple[str, ...]:
        """Return the keys of the latest messages to an address, newest first."""
        ...

    def overdue(self, before: datetime) -> int:
        """Return how many jobs are ready, were due before an instant, and are not done."""
        ...

    def tops(self) -> Tops: ...
    def unanswered(self, limit: int = 5000, also: Collection[UUID] = ()) -> tuple[Unanswered, ...]:
        """Return active incidents that nobody has acknowledged, and those among `also`, oldest first."""
        ...

    def opened(self, after: int, to: int) -> tuple[Unanswered, ...]:
        """Return incidents with after < number <= to, whatever became of them, by number."""
        ...

    def due(self, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when the ready ones among some jobs are due, by key."""
        ...

    def happened_in(self, incidents: Sequence[UUID]) -> Mapping[UUID, frozenset[Happening]]:
        """Return the kinds of line in the timelines of some incidents."""
        ...

    def unaccounted(self, after: int, to: int, limit: int = 100) -> tuple[int, ...]:
        """Return alerts with after < number <= to that have neither an incident nor a line in their story."""
        ...
