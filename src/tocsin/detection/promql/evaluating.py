"""Evaluates an expression at one moment over samples that come through a port."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import cast

from tocsin.detection.promql import matching, relabelling
from tocsin.detection.promql.aggregating import aggregated
from tocsin.detection.promql.elementwise import OF_A_TIME, OF_A_VALUE
from tocsin.detection.promql.histogram import quantiles
from tocsin.detection.promql.labels import NAME, labels_of, nameless
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Number,
    Pinned,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from tocsin.detection.promql.vector import Point, Vector, distinct
from tocsin.detection.promql.window import OVER_A_RANGE, Window
from tocsin.domain.ports.samples import Samples
from tocsin.domain.sample import LabelMatcher, Labels, MatchOp, is_stale

LOOKBACK_MS = 300_000
"""How old a sample may be and still count as a series' current value (Prometheus' default)."""
DEFAULT_STEP_MS = 60_000
"""The step of a subquery that names none (Prometheus' default evaluation interval)."""
MOST_STEPS = 11_000
"""Steps of one subquery; Prometheus has the same bound for a graph."""

Answer = float | str | Vector


def milliseconds(at: datetime) -> int:
    """Return a moment as milliseconds since 1970 UTC."""
    return round(at.timestamp() * 1000)


def evaluate(expr: Expr, samples: Samples, at_ms: int, *, default_step_ms: int = DEFAULT_STEP_MS) -> Answer:
    """Return what the expression is at a moment: a number, a text, or a vector.

    Raises `EvaluationFailed` where Prometheus would end the query with an error.
    """
    return _Evaluation(samples, at_ms, default_step_ms).answer(expr, at_ms)


class _Evaluation:
    """One query. `query_ms` is its own time, which `@ start()` and `@ end()` mean within subqueries too."""

    def __init__(self, samples: Samples, query_ms: int, default_step_ms: int) -> None:
        self._samples = samples
        self._query_ms = query_ms
        self._default_step_ms = default_step_ms

    def answer(self, expr: Expr, now: int) -> Answer:
        match expr:
            case Number() | Text():
                return expr.value
            case Selector():
                return [Point(labels, value) for labels, _, value in self._newest(expr, now)]
            case Unary():
                return self._signed(expr, now)
            case Binary():
                return self._binary(expr, now)
            case Aggregate():
                return distinct(aggregated(expr, self._vector(expr.expr, now), self._param(expr, now)))
            case Call():
                return self._call(expr, now)
        raise EvaluationFailed("A range vector has no value at a moment; put it into a function.")

    def _vector(self, expr: Expr, now: int) -> Vector:
        return cast(Vector, self.answer(expr, now))

    def _scalar(self, expr: Expr, now: int) -> float:
        return cast(float, self.answer(expr, now))

    def _param(self, aggregate: Aggregate, now: int) -> float | str | None:
        if aggregate.param is None:
            return None
        return cast(float | str, self.answer(aggregate.param, now))

    def _moment(self, pinned: Pinned | None, offset_ms: int, now: int) -> int:
        if pinned is None:
            return now - offset_ms
        return (self._query_ms if pinned.time_ms is None else pinned.time_ms) - offset_ms

    def _newest(self, selector: Selector, now: int) -> Iterator[tuple[Labels, int, float]]:
        """Yield each series' newest sample within the lookback, unless the series has ended."""
        end = self._moment(selector.pinned, selector.offset_ms, now)
        for series in self._samples.select(selector.matchers, end - LOOKBACK_MS, end):
            value = series.values[-1]
            if value == value or not is_stale(value):
                yield series.labels, series.times_ms[-1], value

    def _signed(self, unary: Unary, now: int) -> Answer:
        found = self.answer(unary.expr, now)
        if not unary.is_minus or isinstance(found, str):
            return found
        if isinstance(found, float):
            return -found
        return distinct([Point(nameless(labels), -value) for labels, value in found])

    def _binary(self, binary: Binary, now: int) -> Answer:
        left, right = self.answer(binary.left, now), self.answer(binary.right, now)
        if isinstance(left, float):
            if isinstance(right, float):
                return matching.of_scalars(binary.op, left, right)
            return matching.of_vector_and_scalar(binary, cast(Vector, right), left, is_left=False)
        if isinstance(right, float):
            return matching.of_vector_and_scalar(binary, cast(Vector, left), right, is_left=True)
        return matching.of_vectors(binary, cast(Vector, left), cast(Vector, right))

    def _call(self, call: Call, now: int) -> Answer:
        name = call.function.name
        if name in OVER_A_RANGE:
            return self._over_a_range(call, now)
        if name in OF_A_VALUE:
            return self._of_a_value(call, now)
        if name in OF_A_TIME:
            if not call.arguments:
                return [Point((), OF_A_TIME[name](now // 1000))]
            vector = self._vector(call.arguments[0], now)
            return distinct([Point(nameless(each.labels), OF_A_TIME[name](each.value)) for each in vector])
        return _OTHERS[name](self, call.arguments, now)

    def _of_a_value(self, call: Call, now: int) -> Vector:
        function = OF_A_VALUE[call.function.name]
        scalars = [self._scalar(argument, now) for argument in call.arguments[1:]]
        answers = (
            (labels, function(value, *scalars)) for labels, value in self._vector(call.arguments[0], now)
        )
        return distinct([Point(nameless(labels), value) for labels, value in answers if value is not None])

    def _over_a_range(self, call: Call, now: int) -> Vector:
        function = OVER_A_RANGE[call.function.name]
        ranges = [each for each in call.arguments if isinstance(each, Range | Subquery)]
        scalars = [self._scalar(each, now) for each in call.arguments if each is not ranges[0]]
        keeps_name = call.function.name == "last_over_time"
        points = []
        for window in self._windows(ranges[0], now):
            value = function(window, *scalars)
            if value is not None:
                points.append(Point(window.labels if keeps_name else nameless(window.labels), value))
        return distinct(points)

    def _windows(self, expr: Expr, now: int) -> Iterator[Window]:
        if isinstance(expr, Range):
            selector = expr.selector
            end = self._moment(selector.pinned, selector.offset_ms, now)
            start = end - expr.range_ms
            for series in self._samples.select(selector.matchers, start, end):
                times, values = _fresh(series.times_ms, series.values)
                if times:
                    yield Window(series.labels, times, values, start, end, now)
        if isinstance(expr, Subquery):
            end = self._moment(expr.pinned, expr.offset_ms, now)
            start = end - expr.range_ms
            for labels, (times, values) in self._stepped(expr, start, end).items():
                yield Window(labels, times, values, start, end, now)

    def _stepped(self, expr: Subquery, start: int, end: int) -> dict[Labels, tuple[list[int], list[float]]]:
        """Evaluate at every multiple of the step from start to end, and collect each series' values."""
        step = expr.step_ms or self._default_step_ms
        first = -(-start // step) * step
        if (end - first) // step >= MOST_STEPS:
            raise EvaluationFailed(f"A subquery of more than {MOST_STEPS} steps is not evaluated.")
        collected: dict[Labels, tuple[list[int], list[float]]] = {}
        for moment in range(first, end + 1, step):
            for labels, value in self._vector(expr.expr, moment):
                times, values = collected.setdefault(labels, ([], []))
                times.append(moment)
                values.append(value)
        return collected

    def absent(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        expr = arguments[0]
        if self._vector(expr, now):
            return []
        return [Point(_certain(expr.matchers) if isinstance(expr, Selector) else (), 1.0)]

    def absent_over_time(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        expr = arguments[0]
        if any(True for _ in self._windows(expr, now)):
            return []
        return [Point(_certain(expr.selector.matchers) if isinstance(expr, Range) else (), 1.0)]

    def timestamp(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        """Return when samples were taken; of anything but a selector that is now."""
        expr = arguments[0]
        if isinstance(expr, Selector):
            times = [(labels, time_ms) for labels, time_ms, _ in self._newest(expr, now)]
        else:
            times = [(labels, now) for labels, _ in self._vector(expr, now)]
        return distinct([Point(nameless(labels), time_ms / 1000) for labels, time_ms in times])

    def scalar(self, arguments: tuple[Expr, ...], now: int) -> float:
        vector = self._vector(arguments[0], now)
        return vector[0].value if len(vector) == 1 else math.nan

    def vector(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        return [Point((), self._scalar(arguments[0], now))]

    def sorted(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        return sorted(self._vector(arguments[0], now), key=lambda each: (math.isnan(each.value), each.value))

    def sorted_down(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        return sorted(self._vector(arguments[0], now), key=lambda each: (math.isnan(each.value), -each.value))

    def histogram_quantile(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        return distinct(quantiles(self._scalar(arguments[0], now), self._vector(arguments[1], now)))

    def label_replace(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        return distinct(relabelling.replaced(self._vector(arguments[0], now), *_texts(arguments[1:])))

    def label_join(self, arguments: tuple[Expr, ...], now: int) -> Vector:
        target, separator, *sources = _texts(arguments[1:])
        return distinct(relabelling.joined(self._vector(arguments[0], now), target, separator, sources))


_OTHERS: dict[str, Callable[[_Evaluation, tuple[Expr, ...], int], Answer]] = {
    "absent": _Evaluation.absent,
    "absent_over_time": _Evaluation.absent_over_time,
    "histogram_quantile": _Evaluation.histogram_quantile,
    "label_join": _Evaluation.label_join,
    "label_replace": _Evaluation.label_replace,
    "pi": lambda _evaluation, _arguments, _now: math.pi,
    "scalar": _Evaluation.scalar,
    "sort": _Evaluation.sorted,
    "sort_desc": _Evaluation.sorted_down,
    "time": lambda _evaluation, _arguments, now: now / 1000,
    "timestamp": _Evaluation.timestamp,
    "vector": _Evaluation.vector,
}


def _texts(arguments: tuple[Expr, ...]) -> tuple[str, ...]:
    return tuple(each.value for each in arguments if isinstance(each, Text))


def _fresh(times: Sequence[int], values: Sequence[float]) -> tuple[Sequence[int], Sequence[float]]:
    """Return samples without staleness markers."""
    # A sum that is a number proves that no value is NaN, far faster than looking at each.
    if not math.isnan(sum(values)):
        return times, values
    kept = [(time, value) for time, value in zip(times, values, strict=True) if not is_stale(value)]
    return [time for time, _ in kept], [value for _, value in kept]


def _certain(matchers: tuple[LabelMatcher, ...]) -> Labels:
    """Return the labels that absent series would have: those demanded exactly, once (promql/functions.go)."""
    certain: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in matchers:
        if matcher.name == NAME:
            continue
        if matcher.op is MatchOp.EQUAL and matcher.name not in seen:
            certain[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            certain.pop(matcher.name, None)
    return labels_of(certain)
