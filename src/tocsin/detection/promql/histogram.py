"""Quantiles of classic histograms: counters that count what is less than or equal to `le`."""

from __future__ import annotations

import math
import re

from tocsin.detection.promql.floats import NAN, quotient
from tocsin.detection.promql.labels import NAME, label, without
from tocsin.detection.promql.vector import Point, Vector
from tocsin.domain.sample import Labels

_BOUND = re.compile(r"[+-]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)", re.IGNORECASE | re.ASCII)


def quantiles(share: float, vector: Vector) -> list[Point]:
    """Return the quantile of each histogram; series without a bound in `le` are passed over."""
    histograms: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in vector:
        bound = label(labels, "le")
        if _BOUND.fullmatch(bound):
            histograms.setdefault(without(labels, ("le",)), []).append((float(bound), count))
    return [
        Point(without(labels, (NAME,)), _quantile(share, buckets)) for labels, buckets in histograms.items()
    ]


def _quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    """Interpolate within the bucket that holds the rank (promql/quantile.go, bucketQuantile)."""
    if math.isnan(share):
        return NAN
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    buckets.sort(key=lambda bucket: bucket[0])
    if buckets[-1][0] != math.inf:
        return NAN
    bounds, counts = _rising(buckets)
    last = len(bounds) - 1
    if last < 1 or counts[-1] == 0:
        return NAN
    rank = share * counts[-1]
    index = next((index for index in range(last) if counts[index] >= rank), last)
    if index == last:
        return bounds[last - 1]
    if index == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[index - 1], counts[index - 1]) if index else (0.0, 0.0)
    return start + (bounds[index] - start) * quotient(rank - below, counts[index] - below)


def _rising(buckets: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Fold equal bounds into one, and lift counts that are smaller than one before them."""
    bounds: list[float] = []
    counts: list[float] = []
    for bound, count in buckets:
        if bounds and bounds[-1] == bound:
            counts[-1] += count
        else:
            bounds.append(bound)
            counts.append(count)
    for index in range(1, len(counts)):
        if counts[index] < counts[index - 1]:
            counts[index] = counts[index - 1]
    return bounds, counts
