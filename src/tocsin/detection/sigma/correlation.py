"""A correlation as it is meant: what is measured over which signals, in which groups and spans (S26-S34)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.detection.problems import Place
from tocsin.detection.sigma.extension import PLAIN, Bounds, Extensions
from tocsin.detection.sigma.header import Header


class Kind(StrEnum):
    """The correlation types of Sigma 2.1, and pySigma's median."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"
    VALUE_PERCENTILE = "value_percentile"
    VALUE_MEDIAN = "value_median"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda measured, bound: measured > bound,
    "gte": lambda measured, bound: measured >= bound,
    "lt": lambda measured, bound: measured < bound,
    "lte": lambda measured, bound: measured <= bound,
    "eq": lambda measured, bound: measured == bound,
    "neq": lambda measured, bound: measured != bound,
}
GROWING = frozenset({"gt", "gte"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A leaf of a temporal condition: a signal of the rule of this name was seen."""

    word: str


@dataclass(frozen=True, slots=True)
class Every:
    """All branches hold."""

    branches: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one branch holds."""

    branches: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Never:
    """The branch does not hold by the deadline."""

    branch: Expression


Expression = Seen | Every | Either | Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A correlation ready to be joined with the rules it names, which may be correlations too (chains, S32).

    `span` is in seconds. All `bounds` must hold (S29; two make a range); for the temporal kinds they
    bound the number of distinct rules seen, and none means all of them (S30). `expression` is the string
    condition of a temporal correlation (`a and not b`), None if it has none. `fields` are what the value
    kinds measure; of several, the first that a signal has. `percentile` is 0 to 100. `aliases` maps a
    group-by name to the field's name in each referenced rule (S31). `key` is the digest of this
    document's meaning and, once the rule set has resolved it, of the rules it names.
    """

    header: Header
    key: str
    kind: Kind
    rules: tuple[str, ...]
    rules_place: Place
    group_by: tuple[str, ...]
    span: int
    bounds: Bounds
    fields: tuple[str, ...] = ()
    percentile: float = 0.0
    expression: Expression | None = None
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    generate: bool = False
    extensions: Extensions = PLAIN

    def satisfied(self, measured: float) -> bool:
        """Say whether a measured value fulfils every bound."""
        return all(BOUNDS[name](measured, bound) for name, bound in self.bounds)
