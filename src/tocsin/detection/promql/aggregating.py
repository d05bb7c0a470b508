"""Aggregations: the series of a vector folded into groups."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from tocsin.detection.promql.floats import NAN, quantile, total
from tocsin.detection.promql.labels import LABEL_NAME, NAME, only, with_label, without
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.syntax import Aggregate
from tocsin.detection.promql.vector import Point, Vector
from tocsin.domain.sample import Labels

_MOST_KEPT = float(2**63)


def aggregated(aggregate: Aggregate, vector: Vector, param: float | str | None) -> list[Point]:
    """Fold the vector. Raises `EvaluationFailed` for a parameter that makes no sense."""
    if isinstance(param, str):
        return _count_values(aggregate, vector, param)
    groups = _groups(aggregate, vector)
    if aggregate.op in ("topk", "bottomk"):
        return _kept(groups, param or 0.0, is_top=aggregate.op == "topk")
    columns = {labels: [point.value for point in points] for labels, points in groups.items()}
    if aggregate.op == "quantile":
        return [Point(labels, quantile(param or 0.0, values)) for labels, values in columns.items()]
    return [Point(labels, _FOLDS[aggregate.op](values)) for labels, values in columns.items()]


def _groups(aggregate: Aggregate, vector: Vector) -> dict[Labels, list[Point]]:
    dropped = aggregate.grouping | {NAME}
    groups: dict[Labels, list[Point]] = {}
    for point in vector:
        if aggregate.without:
            group = without(point.labels, dropped)
        else:
            group = only(point.labels, aggregate.grouping)
        groups.setdefault(group, []).append(point)
    return groups


def _kept(groups: dict[Labels, list[Point]], count: float, *, is_top: bool) -> list[Point]:
    """Return the first points of each group by value, with all their labels; NaN comes last."""
    if not -_MOST_KEPT <= count < _MOST_KEPT:
        raise EvaluationFailed(f"Scalar value {count} overflows int64.")
    most = max(0, int(count))
    turned = -1.0 if is_top else 1.0
    return [
        point
        for points in groups.values()
        for point in sorted(points, key=lambda each: (math.isnan(each.value), turned * each.value))[:most]
    ]


def _count_values(aggregate: Aggregate, vector: Vector, name: str) -> list[Point]:
    if not LABEL_NAME.match(name):
        raise EvaluationFailed(f"invalid label name {name!r} in count_values.")
    counts: dict[Labels, int] = {}
    for labels, value in vector:
        named = with_label(labels, name, decimal_of(value))
        if aggregate.without:
            group = without(named, aggregate.grouping | {NAME})
        else:
            group = only(named, aggregate.grouping | {name})
        counts[group] = counts.get(group, 0) + 1
    return [Point(labels, float(count)) for labels, count in counts.items()]


def decimal_of(value: float) -> str:
    """Return a number without an exponent, as short as it can be read back."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _avg(values: list[float]) -> float:
    mean = values[0]
    for count, value in enumerate(values[1:], 2):
        if math.isinf(mean) and (value == mean or math.isfinite(value)):
            continue
        mean += value / count - mean / count
    return mean


def _stdvar(values: list[float]) -> float:
    mean, squares = values[0], 0.0
    for count, value in enumerate(values[1:], 2):
        apart = value - mean
        mean += apart / count
        squares += apart * (value - mean)
    return squares / len(values)


def _sum(values: list[float]) -> float:
    summed = values[0]
    for value in values[1:]:
        summed += value
    return summed


_FOLDS: dict[str, Callable[[list[float]], float]] = {
    "avg": _avg,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
    "max": lambda values: max((value for value in values if value == value), default=NAN),
    "min": lambda values: min((value for value in values if value == value), default=NAN),
    "stddev": lambda values: total(math.sqrt)(_stdvar(values)),
    "stdvar": _stdvar,
    "sum": _sum,
}
