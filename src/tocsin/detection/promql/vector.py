"""An instant vector, and the rule that no two of its points have the same labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tocsin.detection.promql.labels import shown
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.domain.sample import Labels


class Point(NamedTuple):
    """One series' value at the time of the evaluation."""

    labels: Labels
    value: float


Vector = Sequence[Point]


def distinct(vector: Vector) -> Vector:
    """Return the vector. Raises `EvaluationFailed` when two points have the same labels."""
    seen: set[Labels] = set()
    for point in vector:
        if point.labels in seen:
            raise EvaluationFailed(
                f"vector cannot contain metrics with the same labelset: {shown(point.labels)} stands twice."
            )
        seen.add(point.labels)
    return vector
