from __future__ import annotations

import math

import pytest

from tocsin.detection.promql.histogram import quantiles
from tocsin.detection.promql.vector import Point


def _quantile(share: float, **buckets: float) -> float:
    points = [
        Point((("__name__", "d"), ("le", bound.replace("_", "."))), count) for bound, count in buckets.items()
    ]
    (found,) = quantiles(share, points)
    assert found.labels == ()
    return found.value


BUCKETS = {"1": 10.0, "2": 30.0, "+Inf": 40.0}


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.5, 1.5),
        (0.25, 1.0),
        (0.1, 0.4),
        (0.9, 2.0),
        (0, 0.0),
        (1, 2.0),
        (-1, -math.inf),
        (2, math.inf),
    ],
)
def test_a_quantile_is_interpolated_in_its_bucket(share: float, expected: float) -> None:
    assert _quantile(share, **BUCKETS) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("share", "buckets"),
    [
        (math.nan, BUCKETS),
        (0.5, {"1": 10.0, "2": 30.0}),
        (0.5, {"+Inf": 30.0}),
        (0.5, {"1": 0.0, "+Inf": 0.0}),
    ],
)
def test_what_is_no_histogram_has_no_quantile(share: float, buckets: dict[str, float]) -> None:
    assert math.isnan(_quantile(share, **buckets))


def test_a_lowest_bucket_below_zero_gives_its_bound() -> None:
    assert _quantile(0.1, **{"-1": 10.0, "1": 20.0, "+Inf": 20.0}) == -1.0


def test_a_count_that_falls_is_lifted_and_equal_bounds_are_added() -> None:
    assert _quantile(0.5, **{"1": 10.0, "2": 8.0, "4": 20.0, "+Inf": 20.0}) == 1.0
    assert _quantile(0.5, **{"1": 5.0, "1_0": 5.0, "2": 20.0, "+Inf": 20.0}) == 1.0


def test_an_empty_bucket_at_the_rank_is_nothing_by_nothing() -> None:
    assert math.isnan(_quantile(0, **{"1": 0.0, "2": 5.0, "+Inf": 5.0}))


def test_histograms_are_kept_apart_and_series_without_a_bound_are_passed_over() -> None:
    points = [
        *(Point((("job", "a"), ("le", bound)), count) for bound, count in BUCKETS.items()),
        *(Point((("job", "b"), ("le", bound)), 1.0) for bound in ("1", "Inf")),
        Point((("job", "c"), ("le", "wide")), 1.0),
        Point((("job", "d"),), 1.0),
    ]
    assert [dict(point.labels) for point in quantiles(0.5, points)] == [{"job": "a"}, {"job": "b"}]
