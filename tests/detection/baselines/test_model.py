"""How unusual a count is: the published probabilities, and the verdict of each method."""

from __future__ import annotations

from dataclasses import replace
from math import comb, exp, factorial
from zoneinfo import ZoneInfo

import pytest

from tocsin.detection.baselines.model import Usual, judged, pooled, shrunk, tail, usual
from tocsin.detection.sigma.extension import Baseline, Method, Season

BASELINE = Baseline(
    history=28 * 86_400,
    season=Season.NONE,
    method=Method.TAIL,
    p=1e-5,
    ratio=3,
    minimum=20,
    warmup=0,
    freeze_on_alert=True,
    zone=ZoneInfo("UTC"),
)


def test_the_tail_is_that_of_a_negative_binomial() -> None:
    # With mean 6 and dispersion 3 the size is 3 and the chance of success a third.
    below = sum(comb(k + 2, k) * (1 / 3) ** 3 * (2 / 3) ** k for k in range(20))
    assert tail(20, 6, 3) == pytest.approx(1 - below, rel=1e-6)
    assert tail(6, 6, 3) == 1.0


@pytest.mark.parametrize(
    ("count", "mean", "dispersion"), [(1_350, 1_000, 900), (2_500, 1_000, 900), (13_000, 10_000, 99)]
)
def test_beyond_a_certain_size_the_tail_goes_on_as_it_was(
    count: float, mean: float, dispersion: float
) -> None:
    edge = 1e6 / mean
    assert tail(count, mean, edge * 1.001) == pytest.approx(tail(count, mean, edge * 0.999), rel=0.05)
    assert tail(count, mean, dispersion) == pytest.approx(tail(count, mean, edge), rel=0.9)


@pytest.mark.parametrize(
    ("count", "mean", "dispersion", "expected"),
    [
        (5e8, 1e8, 5e7, 4.994e-4),
        (1.2e8, 1e8, 5e7, 0.30844),
        (1e9 + 1e6, 1e9, 1e4, 0.37591),
        (1e12, 1, 1e11, 4.16e-17),
    ],
)
def test_sums_of_millions_are_judged_at_once(
    count: float, mean: float, dispersion: float, expected: float
) -> None:
    assert tail(count, mean, dispersion) == pytest.approx(expected, rel=0.02)


def test_without_over_dispersion_the_tail_is_that_of_poisson() -> None:
    below = sum(exp(-5) * 5**k / factorial(k) for k in range(12))
    assert tail(12, 5, 1) == pytest.approx(1 - below, rel=1e-6)
    assert tail(5_000, 1, 1) == 0.0


def test_quiet_windows_count_as_zero() -> None:
    assert usual([4, 4], 8) == Usual(1.0, pytest.approx(24 / 7), 8)
    assert usual([], 0) == Usual(0.0, 1.0, 0)
    assert usual([7], 1) == Usual(7, 1.0, 1)
    assert usual([], 5) == Usual(0.0, 1.0, 5)


def test_a_population_has_the_dispersion_within_its_groups() -> None:
    assert pooled([([1, 1], 2), ([9, 9], 2), ([], 0)]) == Usual(5.0, 1.0, 4)
    assert pooled([([0.0 + 10], 2)]).dispersion == pytest.approx(10.0)
    assert pooled([]) == Usual(0.0, 1.0, 0)


def test_a_short_past_leans_on_the_population() -> None:
    population = Usual(5, 3.0, 400)
    assert shrunk(Usual(9, 1.0, 1), population) == Usual(9, 3.0, 1)
    assert shrunk(Usual(9, 1.0, 11), population).dispersion == pytest.approx(2.0)
    assert shrunk(Usual(9, 1.5, 11), Usual(9, 1.5, 11)).dispersion == 1.5


@pytest.mark.parametrize(
    ("method", "count", "known", "counts", "unusual"),
    [
        (Method.TAIL, 500, Usual(5, 3, 20), [5] * 20, True),
        (Method.TAIL, 20, Usual(10, 3, 20), [10] * 20, False),
        (Method.TAIL, 19, Usual(0.1, 1, 20), [2], False),
        (Method.TAIL, 500, Usual(0, 1, 20), [], True),
        (Method.TAIL, 500, Usual(0, 1, 0), [], False),
        (Method.RATIO, 30, Usual(10, 1, 9), [10] * 9, False),
        (Method.RATIO, 31, Usual(10, 1, 9), [10] * 9, True),
        (Method.MAD, 31, Usual(10, 1, 5), [8, 9, 10, 11, 12], True),
        (Method.MAD, 20, Usual(20, 1, 5), [16, 18, 20, 22, 24], False),
        (Method.MAD, 20, Usual(1, 1, 5), [5], True),
    ],
)
def test_each_method_has_its_verdict(
    method: Method, count: float, known: Usual, counts: list[float], unusual: bool
) -> None:
    assert judged(replace(BASELINE, method=method), count, known, counts).unusual is unusual


def test_the_verdict_says_how_improbable_the_count_was() -> None:
    assert judged(BASELINE, 40, Usual(5, 3, 20), [5] * 20).words == "probability below 1 in 100,000"
    assert judged(BASELINE, 10**6, Usual(1, 1, 20), [1]).words.endswith("1 in 1,000,000,000,000,000")
    assert judged(replace(BASELINE, method=Method.RATIO), 99, Usual(5, 3, 20), []).words == ""
