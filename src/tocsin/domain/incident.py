"""An incident: work with an owner, a severity, a type and clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tocsin.domain.severity import Severity


class Status(StrEnum):
    """R1's five states of an incident."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def is_active(self) -> bool:
        """Say whether work on the incident is still going on."""
        return self in (Status.OPEN, Status.INVESTIGATING, Status.MITIGATED)


class ClockKind(StrEnum):
    """What an incident's clock measures."""

    ACKNOWLEDGE = "acknowledge"
    ENGAGE = "engage"
    ESCALATE = "escalate"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClock:
    """A deadline with a start, an owner and what follows when it is missed."""

    kind: ClockKind
    started_at: datetime
    due_at: datetime
    owner: str
    consequence: str
    met_at: datetime | None = None
    missed_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Say whether the clock was neither met nor missed yet."""
        return self.met_at is None and self.missed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `incident_id` is the record's identity, `INC-number` its short name.

    `commander` is the username of the person who owns it, None while nobody does. `group_key` is what later
    alerts are joined by. `drill` marks practice. `policy` names the escalation policy it was routed
    to when it opened, empty where none was.
    """

    incident_id: UUID
    number: int
    title: str
    severity: Severity
    type: str
    status: Status
    group_key: str
    detected_at: datetime
    opened_at: datetime
    description: str = ""
    services: tuple[str, ...] = ()
    commander: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    root_cause: str = ""
    clocks: tuple[IncidentClock, ...] = ()
    drill: bool = False
    policy: str = ""

    @property
    def short_name(self) -> str:
        """Return `INC-n`."""
        return f"INC-{self.number}"

    @property
    def next_clock(self) -> IncidentClock | None:
        """Return the running clock that is due first, or None."""
        running = [clock for clock in self.clocks if clock.is_running]
        return min(running, key=lambda clock: clock.due_at, default=None)
