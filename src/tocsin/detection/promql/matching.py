"""Operators between vectors and scalars: which points meet, and what becomes of their labels."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from tocsin.detection.promql.checks import COMPARISONS, SET_OPERATORS
from tocsin.detection.promql.floats import power, quotient, remainder
from tocsin.detection.promql.labels import NAME, label, labels_of, nameless, only, shown, without
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.syntax import Binary, Cardinality, Matching
from tocsin.detection.promql.vector import Point, Vector, distinct
from tocsin.domain.sample import Labels

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": quotient,
    "%": remainder,
    "^": power,
    "atan2": math.atan2,
}
_COMPARISON: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_NAMELESS = frozenset("+-*/%^")
"""Results of these have no metric name; atan2 is not among them in Prometheus 2.42."""


def of_scalars(op: str, left: float, right: float) -> float:
    """Apply an operator to two scalars; a comparison gives 1 or 0."""
    if op in COMPARISONS:
        return float(_COMPARISON[op](left, right))
    return _ARITHMETIC[op](left, right)


def of_vector_and_scalar(binary: Binary, vector: Vector, scalar: float, *, is_left: bool) -> Vector:
    """Apply an operator between each point and a scalar; `is_left`: the vector stands on the left."""
    drops_name = binary.op in _NAMELESS or binary.returns_bool
    points = []
    for labels, value in vector:
        left, right = (value, scalar) if is_left else (scalar, value)
        # A comparison keeps the vector's value, on whichever side it stands.
        result = _result(binary, left, right, kept=value)
        if result is not None:
            points.append(Point(nameless(labels) if drops_name else labels, result))
    return distinct(points)


def of_vectors(binary: Binary, left: Vector, right: Vector) -> Vector:
    """Apply an operator between two vectors. Raises `EvaluationFailed` where the matching is ambiguous."""
    if binary.op in SET_OPERATORS:
        return distinct(_of_sets(binary, left, right))
    if not left or not right:
        return []
    return distinct(_matched(binary, left, right))


def _result(binary: Binary, left: float, right: float, *, kept: float) -> float | None:
    """Return the value of a pair, None where a comparison drops it."""
    if binary.op not in COMPARISONS:
        return _ARITHMETIC[binary.op](left, right)
    holds = _COMPARISON[binary.op](left, right)
    if binary.returns_bool:
        return float(holds)
    return kept if holds else None


def _signature(matching: Matching) -> Callable[[Labels], Labels]:
    if matching.on:
        return lambda labels: only(labels, matching.labels)
    ignored = matching.labels | {NAME}
    return lambda labels: without(labels, ignored)


def _of_sets(binary: Binary, left: Vector, right: Vector) -> list[Point]:
    signature = _signature(binary.matching)
    if binary.op == "or":
        ours = {signature(point.labels) for point in left}
        return [*left, *(point for point in right if signature(point.labels) not in ours)]
    theirs = {signature(point.labels) for point in right}
    wanted = binary.op == "and"
    return [point for point in left if (signature(point.labels) in theirs) is wanted]


def _matched(binary: Binary, left: Vector, right: Vector) -> list[Point]:
    """Meet one-to-one or many-to-one; for one-to-many the sides change places, but not the operands."""
    cardinality = binary.matching.cardinality
    is_swapped = cardinality is Cardinality.ONE_TO_MANY
    many, one = (right, left) if is_swapped else (left, right)
    signature = _signature(binary.matching)
    ones = _single(one, signature, side="left" if is_swapped else "right")
    points = []
    taken: set[tuple[Labels, Labels | None]] = set()
    for labels, value in many:
        group = signature(labels)
        if group not in ones:
            continue
        other = ones[group]
        operands = (other.value, value) if is_swapped else (value, other.value)
        result = _result(binary, *operands, kept=operands[0])
        if result is None:
            continue
        result_labels = _result_labels(binary, labels, other.labels)
        _claim(taken, group, None if cardinality is Cardinality.ONE_TO_ONE else result_labels)
        points.append(Point(result_labels, result))
    return points


def _single(one: Vector, signature: Callable[[Labels], Labels], *, side: str) -> dict[Labels, Point]:
    ones: dict[Labels, Point] = {}
    for point in one:
        group = signature(point.labels)
        if group in ones:
            both = f"[{shown(point.labels)}, {shown(ones[group].labels)}]"
            raise EvaluationFailed(
                f"found duplicate series for the match group {shown(group)} on the {side} hand-side of the "
                f"operation: {both}; many-to-many matching not allowed."
            )
        ones[group] = point
    return ones


def _claim(taken: set[tuple[Labels, Labels | None]], group: Labels, result_labels: Labels | None) -> None:
    if (group, result_labels) in taken:
        must = (
            "many-to-one matching must be explicit (group_left/group_right)"
            if result_labels is None
            else "grouping labels must ensure unique matches"
        )
        raise EvaluationFailed(f"multiple matches for labels: {must}.")
    taken.add((group, result_labels))


def _result_labels(binary: Binary, many: Labels, one: Labels) -> Labels:
    matching = binary.matching
    labels = nameless(many) if binary.op in _NAMELESS else many
    if matching.cardinality is Cardinality.ONE_TO_ONE:
        labels = only(labels, matching.labels) if matching.on else without(labels, matching.labels)
    if matching.include:
        labels = labels_of({**dict(labels), **{name: label(one, name) for name in matching.include}})
    return nameless(labels) if binary.returns_bool else labels
