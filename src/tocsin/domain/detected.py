"""What detection says: one burst of signals that satisfied a rule, as one alert with an exact count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRef:
    """A pointer to one signal of a burst: source, position, event time, and the record's bytes."""

    source: str
    position: int
    time: datetime
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedAlert:
    """One burst folded into one alert.

    `severity` is None for a rule whose level maps to none (informational). `group` holds the
    correlation's group-by values, in the rule's order, empty for a plain rule. `count` is exact;
    `evidence` is bounded. `key` names the burst (rule, group, first signal), the same on every update of
    the same burst. `rule_hash` is the digest of the rule's meaning, `window_seconds` its timespan (0 for
    a plain rule), `measured` what was measured last and against which bounds (`11 > 10 signals in 1h`).
    `ends_at` is set once the burst is known to be over. `incident_type` and `labels` are what the rule
    says of the incident; an alert with `latch` never ends by itself.
    """

    key: str
    rule_id: str
    rule_title: str
    rule_level: str
    severity: Severity | None
    first_seen: datetime
    last_seen: datetime
    count: int
    group: tuple[tuple[str, str], ...]
    evidence: tuple[SignalRef, ...]
    tags: tuple[str, ...] = ()
    description: str = ""
    author: str = ""
    references: tuple[str, ...] = ()
    rule_hash: str = ""
    window_seconds: int = 0
    measured: str = ""
    ends_at: datetime | None = None
    incident_type: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    latch: bool = False
