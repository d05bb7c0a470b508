"""A sample: one number of one time series at one moment, as Prometheus knows it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

Labels = tuple[tuple[str, str], ...]

# "This series ended here": the one NaN by which Prometheus marks staleness
# (prometheus/model/value/value.go, StaleNaN).
STALE: float = struct.unpack(">d", bytes.fromhex("7ff0000000000002"))[0]
_STALE_BITS = struct.pack(">d", STALE)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one series.

    `labels` are sorted by name and include `__name__`; none has an empty value. `time_ms` is milliseconds
    since 1970 UTC. `value` may be NaN, an infinity, or `STALE`.
    """

    labels: Labels
    time_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of one series, oldest first, no two at the same millisecond.

    `times_ms` and `values` have the same length. They are read only; a store hands out its own columns.
    """

    labels: Labels
    times_ms: Sequence[int]
    values: Sequence[float]


class MatchOp(Enum):
    """How a label's value is compared; a label that is absent compares as empty text."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class LabelMatcher:
    """One condition on a label. A pattern is RE2 and must match the whole value."""

    name: str
    op: MatchOp
    value: str


def is_stale(value: float) -> bool:
    """Tell the staleness marker from every other number, NaN included."""
    return value != value and struct.pack(">d", value) == _STALE_BITS
