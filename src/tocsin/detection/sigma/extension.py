"""What `tocsin.*` keys add to a standard rule; a rule stripped of them is valid Sigma and fires on more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

# How long a correlation waits for signals that come out of order, and how much evidence a burst keeps.
ALLOWED_LATENESS_SECONDS = 60
EVIDENCE_MAX = 50

Bounds = tuple[tuple[str, float], ...]


class WindowKind(StrEnum):
    """How a correlation's signals are gathered (E7)."""

    SLIDING = "sliding"
    TUMBLING = "tumbling"
    SESSION = "session"


class Emit(StrEnum):
    """What comes out: one alert a burst, or one a firing (E7)."""

    BURST = "burst"
    EACH = "each"


class Season(StrEnum):
    """Which past windows are like the current one (E3)."""

    NONE = "none"
    WEEKDAY_TYPE = "weekday_type"
    HOUR_OF_WEEK = "hour_of_week"


class Method(StrEnum):
    """How far above its own past a count must be (E3)."""

    TAIL = "tail"
    RATIO = "ratio"
    MAD = "mad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """E1: the rule's own count over the matches of `of` in the same window and group.

    Holds if the denominator is at least `minimum` and the quotient satisfies every bound. With `distinct`
    both sides count distinct values of that field.
    """

    of: tuple[str, ...]
    minimum: float
    bounds: Bounds
    distinct: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """E3: the group's current window against its own past windows of the same season.

    `history` and `warmup` are in seconds, `p` is the tail probability, `ratio` the multiple, `minimum` the
    least count that can alert. During warm-up the group's peers stand in; `peer` names the field that tells
    who they are (empty: everybody). Windows are aligned to `zone`; those that begin on a day of an
    `exclude` range (both ends inclusive) are neither learned nor judged.
    """

    history: int
    season: Season
    method: Method
    p: float
    ratio: float
    minimum: float
    warmup: int
    freeze_on_alert: bool
    zone: ZoneInfo
    exclude: tuple[tuple[date, date], ...] = ()
    peer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValue:
    """E4: true the first time a (group, value) pair is seen within `history` seconds.

    Nothing is new during the group's first `warmup` seconds. `by` is `exact`, a prefix length such as `/24`
    (IPv4; IPv6 then compares by /64), or the name of a lookup table that maps networks to names (`asn`,
    `country`).
    """

    field: str
    history: int
    warmup: int
    by: str = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """E5: absence also for entities of the table `inventory` that sent nothing at all."""

    inventory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """E6: how a detection rule uses tables and calendars.

    `key` is the column of `table` that the placeholder `%table%` stands for; empty, the table's first. With
    `at_event_time` only the rows that were valid when the event happened count. The event must lie `inside`
    and `outside` the calendars of these names; empty names ask nothing.
    """

    table: str = ""
    key: str = ""
    at_event_time: bool = False
    inside: str = ""
    outside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """All extensions of one correlation or detection rule; durations in seconds.

    `pending` is `tocsin.for`, `keep_firing` is `tocsin.keep_firing_for` (E2). A detection rule has only
    `lookups`, `emit` and `evidence_max`; a correlation has no `lookups`.
    """

    ratio: Ratio | None = None
    pending: int = 0
    keep_firing: int = 0
    baseline: Baseline | None = None
    new_value: NewValue | None = None
    heartbeat: Heartbeat | None = None
    emit: Emit = Emit.BURST
    evidence_max: int = EVIDENCE_MAX
    allowed_lateness: int = ALLOWED_LATENESS_SECONDS
    window: WindowKind = WindowKind.SLIDING
    gap: int = 0
    lookups: tuple[Lookup, ...] = ()


PLAIN = Extensions()
