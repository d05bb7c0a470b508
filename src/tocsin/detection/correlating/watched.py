"""A rule as the runtime watches it: compiled bits, bounds and times, for detection rules and correlations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.detection.correlating.clauses import Clause, clauses_of
from tocsin.detection.correlating.fields import folded
from tocsin.detection.sigma.correlation import BOUNDS, GROWING, Correlation, Kind
from tocsin.detection.sigma.extension import (
    ALLOWED_LATENESS_SECONDS,
    Bounds,
    Emit,
    Extensions,
    WindowKind,
)
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.rule import Rule

MICROS = 1_000_000

# A group that showed nothing for this many times its history is a new one (E4).
REMEMBERED = 2

# The burst of a plain rule ends after this much quiet in event time.
FOLD_QUIET_SECONDS = 3_600

_COUNTING = frozenset({Kind.EVENT_COUNT, Kind.VALUE_COUNT, Kind.TEMPORAL, Kind.TEMPORAL_ORDERED})
NUMERIC = frozenset({Kind.VALUE_SUM, Kind.VALUE_AVG, Kind.VALUE_PERCENTILE, Kind.VALUE_MEDIAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A compiled rule; `correlation` is None for a detection rule. Times in microseconds.

    `early` says that more signals can only make the condition truer, so it fires at once. `emits` is False
    for what only feeds other correlations; `parents` are those, each as (place, bit). `satisfied` asks all
    bounds. `own` are the bits of the rules that count, `names` map group-by names to fields, by bit.
    `entities` are the inventory of a heartbeat, by group.
    """

    key: str
    header: Header
    correlation: Correlation | None
    extensions: Extensions
    span: int
    quiet: int
    lateness: int
    early: bool
    emits: bool
    satisfied: Callable[[float], bool] = bool
    own: int = 1
    clauses: tuple[Clause, ...] = ()
    names: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    parents: tuple[tuple[int, int], ...] = ()
    entities: Mapping[str, str] = field(default_factory=dict)

    @property
    def each(self) -> bool:
        """Say whether every firing is an alert of its own."""
        return self.extensions.emit is Emit.EACH

    @property
    def chained(self) -> bool:
        """Say whether other correlations count this one's firings; a detection rule feeds signals."""
        return self.correlation is not None and bool(self.parents)

    @property
    def evidence(self) -> int:
        """Return how many signals a burst shows at most."""
        return self.extensions.evidence_max

    @property
    def group_by(self) -> tuple[str, ...]:
        """Return the fields that make a group."""
        return self.correlation.group_by if self.correlation else ()

    @property
    def retention(self) -> int:
        """Return for how long a hit can matter to what comes."""
        asked = self.extensions
        known = REMEMBERED * asked.new_value.history * MICROS if asked.new_value is not None else 0
        past = asked.baseline.history * MICROS + 2 * self.span if asked.baseline is not None else 0
        return max(self.span, self.quiet, known, past)


def watched_rule(rule: Rule, *, emits: bool, parents: tuple[tuple[int, int], ...]) -> Watched:
    """Return a detection rule: every hit fires, and an hour of quiet ends the burst."""
    return Watched(
        key=rule.key,
        header=rule.header,
        correlation=None,
        extensions=rule.extensions,
        span=0,
        quiet=FOLD_QUIET_SECONDS * MICROS,
        lateness=ALLOWED_LATENESS_SECONDS * MICROS,
        early=True,
        emits=emits,
        parents=parents,
    )


def watched_correlation(
    correlation: Correlation,
    *,
    emits: bool,
    parents: tuple[tuple[int, int], ...],
    lateness: int,
    inventory: Iterable[str] = (),
) -> Watched:
    """Return a correlation; `lateness` is at least that of every correlation it is fed by (microseconds)."""
    bits = bits_of(correlation)
    clauses = clauses_of(correlation.expression, bits) if correlation.expression is not None else ()
    extensions = correlation.extensions
    span = correlation.span * MICROS
    return Watched(
        key=correlation.key,
        header=correlation.header,
        correlation=correlation,
        extensions=extensions,
        span=span,
        quiet=_quiet(extensions, span),
        lateness=max(lateness, extensions.allowed_lateness * MICROS),
        early=_grows(correlation) and not any(clause.absent for clause in clauses),
        emits=emits,
        satisfied=bounded(correlation.bounds),
        own=sum(bits[word] for word in dict.fromkeys(correlation.rules)),
        clauses=clauses,
        names={bit: _names(correlation, word) for word, bit in bits.items()},
        parents=parents,
        entities={folded((entity,)): entity for entity in inventory},
    )


def bounded(bounds: Bounds) -> Callable[[float], bool]:
    """Return the question whether a measured value fulfils every bound."""
    asked = tuple((BOUNDS[name], bound) for name, bound in bounds)
    if len(asked) == 1:
        ((holds, only),) = asked
        return lambda measured: holds(measured, only)
    return lambda measured: all(each(measured, bound) for each, bound in asked)


def bits_of(correlation: Correlation) -> dict[str, int]:
    """Return one bit for each rule that a correlation names, those of a ratio's `of` behind its own."""
    ratio = correlation.extensions.ratio
    words = dict.fromkeys((*correlation.rules, *(ratio.of if ratio else ())))
    return {word: 1 << number for number, word in enumerate(words)}


def denominator(correlation: Correlation) -> int:
    """Return the bits of a ratio's `of`."""
    bits = bits_of(correlation)
    ratio = correlation.extensions.ratio
    return sum(bits[word] for word in dict.fromkeys(ratio.of)) if ratio else 0


def _names(correlation: Correlation, word: str) -> dict[str, str]:
    return {alias: dict(fields)[word] for alias, fields in correlation.aliases if word in dict(fields)}


def _quiet(extensions: Extensions, span: int) -> int:
    return extensions.gap * MICROS if extensions.gap else span


def _grows(correlation: Correlation) -> bool:
    extensions = correlation.extensions
    unsure = (
        extensions.ratio,
        extensions.pending,
        extensions.keep_firing,
        extensions.baseline,
        extensions.new_value,
        extensions.heartbeat,
        extensions.window is WindowKind.SESSION,
    )
    return (
        correlation.kind in _COUNTING
        and all(name in GROWING for name, _ in correlation.bounds)
        and not any(unsure)
    )
