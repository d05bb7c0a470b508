"""Says why a correlation fired or did not: what it measured at each signal, beside what its bounds ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tocsin.detection.sigma.correlation import (
    BOUNDS,
    Correlation,
    Either,
    Every,
    Expression,
    Kind,
    Never,
    Seen,
)
from tocsin.detection.sigma.extension import WindowKind
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.state import instant, micros
from tocsin.domain.signal import Signal

_SECOND = 1_000_000
_SIGNS = {"gt": "above", "gte": "at least", "lt": "below", "lte": "at most", "eq": "exactly", "neq": "not"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """A signal that a rule of the correlation holds for; `rules` are the names that the correlation uses."""

    signal: Signal
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An alert of the correlation: its group, and what it measured last, in words and at (microseconds)."""

    group: tuple[tuple[str, str], ...]
    at: int
    measured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was measured when a signal came: over the window that ends with it. `at` is microseconds.

    `holds` says whether the bounds (or the condition over the rules) held then, extensions aside.
    """

    at: int
    rules: tuple[str, ...]
    measured: float
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReason:
    """One group: what was measured step by step. `holds` is the verdict: whether an alert came out.

    `notes` are lines that say how the verdict follows from the steps, above all where it differs.
    """

    group: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    holds: bool
    nearest: Step
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the verdict, then the notes and the steps."""
        mark, step = "+" if self.holds else "-", self.nearest
        named = ", ".join(f"{name}={value}" for name, value in self.group) or "all"
        yield f"{mark} {named}: measured {step.measured:g} at {instant(step.at).isoformat()}"
        yield from (f"    {note}" for note in self.notes)
        for each in self.steps:
            sign = "+" if each.holds else "-"
            yield f"    {sign} {instant(each.at).isoformat()} {'/'.join(each.rules)}: {each.measured:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationReason:
    """Why a correlation fired or not. `needed` says its bounds in words, `also` what its extensions demand.

    `excluded` counts the signals without one of the group's fields. The measured values are those of the
    standard's sliding window; the verdict of a group is the engine's, who also weighs what `also` names.
    """

    rule_id: str
    title: str
    rule_hash: str
    span: int
    needed: str
    also: tuple[str, ...]
    groups: tuple[GroupReason, ...]
    excluded: int
    fed: int

    @property
    def holds(self) -> bool:
        """Say whether it fired for any group."""
        return any(group.holds for group in self.groups)

    def lines(self) -> Iterator[str]:
        """Yield the explanation as lines, the groups that came nearest first."""
        yield f"{self.title}: needs {self.needed} within {self.span} s"
        yield from (f"  also {each}" for each in self.also)
        yield f"  {self.fed} signals of its rules, {self.excluded} without a field of the group"
        for group in self.groups:
            yield from group.lines()

    def record(self) -> dict[str, Any]:
        """Return all of it as plain values; the fields are a contract."""
        return {
            "rule_id": self.rule_id,
            "rule_title": self.title,
            "rule_hash": self.rule_hash,
            "holds": self.holds,
            "span_s": self.span,
            "needed": self.needed,
            "also": list(self.also),
            "signals": self.fed,
            "excluded": self.excluded,
            "groups": [_group_record(group) for group in self.groups],
        }


def explain_correlation(
    correlation: Correlation, fed: Sequence[Fed], fired: Sequence[Fired] | None = None
) -> CorrelationReason:
    """Explain a correlation on the signals of its rules, in any order.

    `fired` are the alerts that the engine gave for them; they are the verdict. Without (None) the bounds
    alone are, which is wrong for what is decided at a deadline and for extensions.
    """
    groups, excluded = _grouped(correlation, fed, fired)
    return CorrelationReason(
        rule_id=correlation.header.label,
        title=correlation.header.title,
        rule_hash=correlation.key,
        span=correlation.span,
        needed=needed(correlation),
        also=tuple(_also(correlation)),
        groups=tuple(
            sorted(groups, key=lambda group: (not group.holds, -group.nearest.measured, group.group))
        ),
        excluded=excluded,
        fed=len(fed),
    )


def _grouped(
    correlation: Correlation, fed: Sequence[Fed], fired: Sequence[Fired] | None
) -> tuple[list[GroupReason], int]:
    """Return the groups of signals and alerts, and how many signals belong to none."""
    gathered: dict[tuple[str, ...], list[tuple[Fed, Facts]]] = {}
    shown: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}
    excluded = 0
    for each in sorted(fed, key=lambda each: (each.signal.time, each.signal.source, each.signal.position)):
        facts = Facts(each.signal.record, Memo())
        values = _group_of(correlation, each, facts)
        if values is None:
            excluded += 1
            continue
        shown.setdefault(_folded(values), values)
        gathered.setdefault(_folded(values), []).append((each, facts))
    alerts = {_folded(alert.group): alert for alert in reversed(fired or ())}
    for key, alert in alerts.items():
        # Silence is told also of groups that sent nothing at all.
        shown.setdefault(key, alert.group)
    groups: list[GroupReason] = []
    for key, group in shown.items():
        steps = _steps(correlation, gathered.get(key, ()))
        made = (
            _bounded(group, steps) if fired is None else _judged(correlation, group, steps, alerts.get(key))
        )
        groups.append(made)
    return groups, excluded


def _folded(group: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(value.casefold() for _, value in group)


def _bounded(group: tuple[tuple[str, str], ...], steps: tuple[Step, ...]) -> GroupReason:
    return GroupReason(
        group=group, steps=steps, holds=any(step.holds for step in steps), nearest=_nearest(steps)
    )


def _judged(
    correlation: Correlation, group: tuple[tuple[str, str], ...], steps: tuple[Step, ...], alert: Fired | None
) -> GroupReason:
    notes = [] if alert is None or not alert.measured else [f"alert: {alert.measured}"]
    expression, lasting = correlation.expression, any(step.holds for step in steps)
    if expression is not None and steps:
        deadline = steps[0].at + correlation.span * _SECOND
        seen = dict.fromkeys(word for step in steps if step.at <= deadline for word in step.rules)
        unseen = [word for word in correlation.rules if word not in seen]
        notes.append(f"by the deadline {_iso(deadline)} seen: {_listed(seen)}; not seen: {_listed(unseen)}")
        lasting = _true(expression, seen)
    if alert is None and lasting:
        notes.append(f"no alert although its bounds held: it also needs {_missing(correlation)}")
    silent = (Step(at=alert.at, rules=(), measured=0.0, holds=False),) if alert is not None else ()
    return GroupReason(
        group=group,
        steps=steps,
        holds=alert is not None,
        nearest=_nearest(steps or silent),
        notes=tuple(notes),
    )


def _missing(correlation: Correlation) -> str:
    return "; ".join(_also(correlation)) or "that its window has ended by the last signal, and holds then"


def _nearest(steps: Sequence[Step]) -> Step:
    """Return the first step at which the bounds held, else the one that measured most."""
    first = next((step for step in steps if step.holds), None)
    return first or max(steps, key=lambda step: step.measured)


def _listed(listed: Iterable[str]) -> str:
    return ", ".join(listed) or "none"


def needed(correlation: Correlation) -> str:
    """Return in words what a correlation measures and what its bounds ask of it."""
    if correlation.expression is not None:
        return f"`{_worded(correlation.expression)}` of its rules"
    fields = "/".join(correlation.fields)
    what = {
        Kind.EVENT_COUNT: "signals",
        Kind.VALUE_COUNT: f"distinct values of {fields}",
        Kind.VALUE_SUM: f"as the sum of {fields}",
        Kind.VALUE_AVG: f"as the mean of {fields}",
        Kind.VALUE_MEDIAN: f"as the median of {fields}",
        Kind.VALUE_PERCENTILE: f"as the {correlation.percentile:g}th percentile of {fields}",
        Kind.TEMPORAL: "of its rules",
        Kind.TEMPORAL_ORDERED: "of its rules, in their order",
    }[correlation.kind]
    bounds = " and ".join(f"{_SIGNS[name]} {bound:g}" for name, bound in _bounds(correlation))
    return f"{bounds} {what}"


def _worded(expression: Expression) -> str:
    if isinstance(expression, Seen):
        return expression.word
    if isinstance(expression, Never):
        return f"not {_inner(expression.branch)}"
    joint = " and " if isinstance(expression, Every) else " or "
    return joint.join(_inner(branch) for branch in expression.branches)


def _inner(expression: Expression) -> str:
    return f"({_worded(expression)})" if isinstance(expression, Every | Either) else _worded(expression)


def _true(expression: Expression, seen: Collection[str]) -> bool:
    if isinstance(expression, Seen):
        return expression.word in seen
    if isinstance(expression, Never):
        return not _true(expression.branch, seen)
    answers = [_true(branch, seen) for branch in expression.branches]
    return all(answers) if isinstance(expression, Every) else any(answers)


def _bounds(correlation: Correlation) -> tuple[tuple[str, float], ...]:
    return correlation.bounds or (("gte", float(len(correlation.rules))),)


def _also(correlation: Correlation) -> Iterator[str]:
    extensions = correlation.extensions
    if correlation.expression is not None:
        yield "its condition over the rules, which is decided at the deadline"
    if (ratio := extensions.ratio) is not None:
        bounds = " and ".join(f"{_SIGNS[name]} {bound:g}" for name, bound in ratio.bounds)
        others = ", ".join(ratio.of)
        yield f"a share of the signals of {others} that is {bounds}, of at least {ratio.minimum:g}"
    if extensions.pending:
        yield f"that this lasts for {extensions.pending} s"
    if (baseline := extensions.baseline) is not None:
        past = f"the group's own past, after a warm-up of {baseline.warmup} s"
        yield f"a count of at least {baseline.minimum:g} that is unusual for {past}"
    if (new := extensions.new_value) is not None:
        warmup = f"after its warm-up of {new.warmup} s"
        yield f"a value of {new.field} that is new to the group within {new.history} s, {warmup}"
    if (heartbeat := extensions.heartbeat) is not None:
        yield f"silence, which is told also of those in the table {heartbeat.inventory} that sent nothing"
    if extensions.window is not WindowKind.SLIDING:
        gap = f" that ends with a gap of {extensions.gap} s" if extensions.gap else ""
        yield f"that it holds in a {extensions.window.value} window{gap}"


def _group_of(correlation: Correlation, fed: Fed, facts: Facts) -> tuple[tuple[str, str], ...] | None:
    aliases = dict(correlation.aliases)
    values = []
    for name in correlation.group_by:
        by_rule = dict(aliases.get(name, ()))
        field = next((by_rule[word] for word in fed.rules if word in by_rule), name)
        readings = facts.found(field).readings
        if not readings:
            return None
        values.append((name, readings[0].text))
    return tuple(values)


def _steps(correlation: Correlation, held: Sequence[tuple[Fed, Facts]]) -> tuple[Step, ...]:
    steps = []
    start = 0
    for end, (fed, _) in enumerate(held, 1):
        at = micros(fed.signal.time)
        while micros(held[start][0].signal.time) < at - correlation.span * _SECOND:
            start += 1
        measured = _measured(correlation, held[start:end])
        holds = _held(correlation, measured, held[start:end])
        steps.append(Step(at=at, rules=fed.rules, measured=measured, holds=holds))
    return tuple(steps)


def _held(correlation: Correlation, measured: float, window: Sequence[tuple[Fed, Facts]]) -> bool:
    if correlation.expression is not None:
        return _true(correlation.expression, {word for fed, _ in window for word in fed.rules})
    return all(BOUNDS[name](measured, bound) for name, bound in _bounds(correlation))


def _measured(correlation: Correlation, window: Sequence[tuple[Fed, Facts]]) -> float:
    counted = _COUNTED.get(correlation.kind)
    if counted is not None:
        return float(counted(correlation, [fed for fed, _ in window]))
    readings = [reading for _, facts in window for reading in _first(facts, correlation.fields)]
    if correlation.kind is Kind.VALUE_COUNT:
        return float(len({reading.folded for reading in readings}))
    return _of_numbers(correlation, [float(each.number) for each in readings if each.number is not None])


def _of_numbers(correlation: Correlation, numbers: list[float]) -> float:
    kind = correlation.kind
    if kind is Kind.VALUE_SUM:
        return math.fsum(numbers)
    if not numbers:
        return 0.0
    if kind is Kind.VALUE_AVG:
        return math.fsum(numbers) / len(numbers)
    return median(numbers) if kind is Kind.VALUE_MEDIAN else _percentile(numbers, correlation.percentile)


def _first(facts: Facts, fields: Iterable[str]) -> tuple[Any, ...]:
    return next((found.readings for field in fields if (found := facts.found(field)).readings), ())


def _in_order(rules: Sequence[str], window: Sequence[Fed]) -> float:
    """Return how many rules were seen one strictly after the other, as the list has them."""
    reached, last = 0, -1
    for fed in window:
        at = micros(fed.signal.time)
        if reached < len(rules) and rules[reached] in fed.rules and at > last:
            reached, last = reached + 1, at
    return float(reached)


# What is measured of the signals themselves, not of a value in them.
_COUNTED: dict[Kind, Callable[[Correlation, Sequence[Fed]], float]] = {
    Kind.EVENT_COUNT: lambda _, window: len(window),
    Kind.TEMPORAL: lambda _, window: len({word for fed in window for word in fed.rules}),
    Kind.TEMPORAL_ORDERED: lambda correlation, window: _in_order(correlation.rules, window),
}


def _percentile(numbers: list[float], percentile: float) -> float:
    """Interpolate linearly between the neighbours of (n - 1) * p / 100 (T5)."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * percentile / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _group_record(group: GroupReason) -> Mapping[str, Any]:
    return {
        "group": dict(group.group),
        "holds": group.holds,
        "measured": group.nearest.measured,
        "at": _iso(group.nearest.at),
        "notes": list(group.notes),
        "steps": [
            {"at": _iso(step.at), "rules": list(step.rules), "measured": step.measured, "holds": step.holds}
            for step in group.steps
        ],
    }


def _iso(at: int) -> str:
    return instant(at).isoformat().replace("+00:00", "Z")
