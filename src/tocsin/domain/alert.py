"""An alert: somebody, our rule or a partner, says that something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tocsin.domain.timeline import Happening


class AlertStatus(StrEnum):
    """How an alert stands: it calls, it is kept from calling, or it is over."""

    FIRING = "firing"
    MUTED = "muted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert episode.

    `fingerprint` is Alertmanager's (16 hex digits over the labels). `ends_at` is a lease: once it has passed
    the alert is resolved; `ends_by_timeout` says that the sender named no end and ours was assumed.
    `number` is 0 until the alert is stored (then `ALR-n`). `count` is how many signals or reports stand
    behind it. `evidence` holds bounded raw records, as text, exactly as received. `muted_by` says in words
    what keeps it from calling anybody, empty while it is heard. `inhibits` marks what an inhibition rule may
    look for. `over` says that its end was looked at, and what follows from it done.
    """

    fingerprint: str
    source: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime
    ends_at: datetime
    ends_by_timeout: bool = False
    updated_at: datetime
    generator_url: str = ""
    number: int = 0
    incident_id: UUID | None = None
    count: int = 1
    evidence: tuple[str, ...] = ()
    muted_by: str = ""
    inhibits: bool = False
    over: bool = False

    @property
    def short_name(self) -> str:
        """Return `ALR-n`."""
        return f"ALR-{self.number}"

    @property
    def title(self) -> str:
        """Return the line a person reads first: the summary, else the alert's name."""
        return (
            self.annotations.get("summary")
            or self.labels.get("alertname")
            or f"Unnamed alert {self.fingerprint}"
        )

    @property
    def is_drill(self) -> bool:
        """Say whether the alert is practice: its source then reads `detection:drill`."""
        return self.source.partition(":")[2] == "drill"

    def is_resolved(self, now: datetime) -> bool:
        """Say whether the lease has run out at `now`."""
        return self.ends_at <= now

    def status(self, now: datetime) -> AlertStatus:
        """Return how the alert stands at `now`."""
        if self.is_resolved(now):
            return AlertStatus.RESOLVED
        return AlertStatus.MUTED if self.muted_by else AlertStatus.FIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts are looked for; what is empty asks for nothing.

    `text` stands, in any case of its ASCII letters, in a label, an annotation or the source, or is the
    alert's own short name.
    """

    status: AlertStatus | None = None
    text: str = ""
    source: str = ""
    incident_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One line of an alert's own story: what was decided about it and why, in plain words.

    `number` is 0 until stored and grows. The kinds are those of the timeline.
    """

    alert: int
    at: datetime
    kind: Happening
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReport:
    """One report of an alert as a source sent it, before it is merged into what is known.

    `starts_at` and `ends_at` are None where the sender left them unset. `count` and `evidence` come from our
    own detection; partners report 1 and nothing.
    """

    source: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str = ""
    count: int = 1
    evidence: tuple[str, ...] = ()
