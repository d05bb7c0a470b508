from __future__ import annotations

import math

import pytest

from tocsin.detection.promql import floats

INF, NAN = math.inf, math.nan


def _same(found: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(found)
    return found == expected and math.copysign(1, found) == math.copysign(1, expected)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(1, 2, 0.5), (1, 0, INF), (-1, 0, -INF), (1, -0.0, -INF), (0, 0, NAN), (NAN, 0, NAN), (INF, 0, INF)],
)
def test_a_quotient_by_zero_is_infinite_or_nothing(left, right, expected) -> None:
    assert _same(floats.quotient(float(left), float(right)), expected)


@pytest.mark.parametrize(
    ("left", "right", "expected"), [(7, 3, 1), (-7, 3, -1), (1, 0, NAN), (INF, 2, NAN), (5, INF, 5)]
)
def test_a_remainder_has_the_sign_of_the_left(left, right, expected) -> None:
    assert _same(floats.remainder(float(left), float(right)), float(expected))


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (2, 10, 1024),
        (-8, 1 / 3, NAN),
        (0, -1, INF),
        (-0.0, -1, -INF),
        (-0.0, -2, INF),
        (10, 1000, INF),
        (-10, 1001, -INF),
        (-10, 1000, INF),
        (1, NAN, 1),
    ],
)
def test_powers_are_those_of_go(base, exponent, expected) -> None:
    assert _same(floats.power(float(base), float(exponent)), float(expected))


def test_functions_give_nan_outside_their_domain_and_infinity_where_they_overflow() -> None:
    assert math.isnan(floats.total(math.sqrt)(-1))
    assert floats.total(math.exp)(1e4) == INF
    assert floats.total(math.sqrt)(4) == 2


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("floor", 1.5, 1),
        ("floor", -1.5, -2),
        ("floor", -0.0, -0.0),
        ("floor", INF, INF),
        ("floor", NAN, NAN),
        ("ceiling", 1.5, 2),
        ("ceiling", -0.5, -0.0),
        ("ceiling", -INF, -INF),
        ("sign", -3, -1),
        ("sign", 3, 1),
        ("sign", 0, 0),
        ("sign", NAN, NAN),
        ("logarithm", 0, -INF),
        ("logarithm", 1, 0),
        ("logarithm", -1, NAN),
        ("binary_logarithm", 8, 3),
        ("binary_logarithm", 0, -INF),
        ("binary_logarithm", INF, INF),
        ("binary_logarithm", -1, NAN),
        ("decimal_logarithm", 1000, 2.9999999999999996),
        ("hyperbolic_sine", 0, 0),
        ("hyperbolic_sine", -1000, -INF),
        ("hyperbolic_area", 1, INF),
        ("hyperbolic_area", -1, -INF),
        ("hyperbolic_area", 0, 0),
        ("hyperbolic_area", 2, NAN),
    ],
)
def test_functions_of_one_number(name, value, expected) -> None:
    assert _same(getattr(floats, name)(float(value)), float(expected))


def test_a_logarithm_of_no_power_of_two_is_near_the_library_s() -> None:
    assert floats.binary_logarithm(10) == pytest.approx(math.log2(10), rel=1e-15)


@pytest.mark.parametrize(
    ("left", "right", "larger", "smaller"),
    [(1, 2, 2, 1), (NAN, 1, NAN, NAN), (1, NAN, NAN, NAN), (NAN, INF, INF, NAN), (NAN, -INF, NAN, -INF)],
)
def test_nan_is_neither_larger_nor_smaller_unless_nothing_can_be(left, right, larger, smaller) -> None:
    assert _same(floats.larger(float(left), float(right)), float(larger))
    assert _same(floats.smaller(float(left), float(right)), float(smaller))


@pytest.mark.parametrize(
    ("share", "values", "expected"),
    [
        (0.5, [3, 1, 2], 2),
        (0.25, [1, 2], 1.25),
        (1, [1, 2], 2),
        (0, [1, NAN], NAN),
        (0.5, [], NAN),
        (NAN, [1], NAN),
        (-0.1, [1], -INF),
        (1.1, [1], INF),
    ],
)
def test_quantiles_are_interpolated(share, values, expected) -> None:
    assert _same(floats.quantile(float(share), [float(value) for value in values]), float(expected))


def test_a_compensated_sum_loses_nothing() -> None:
    assert floats.compensated([1.0, 1e100, 1.0, -1e100]) == 2.0
    assert floats.compensated([INF, 1.0]) == INF
    assert floats.compensated([]) == 0.0
