"""Arithmetic on floats that never raises: what Go gives where Python refuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

NAN = math.nan
INFINITE = math.inf
_LN2 = 0.693147180559945309417232121458176568
_LN10 = 2.30258509299404568401799145468436421


def quotient(left: float, right: float) -> float:
    """Divide; by zero this is infinite, and NaN for zero by zero."""
    try:
        return left / right
    except ZeroDivisionError:
        if left == 0 or math.isnan(left):
            return NAN
        return math.copysign(INFINITE, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """Return the remainder with the sign of `left`."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return NAN


def power(base: float, exponent: float) -> float:
    """Raise to a power; the special results are those of Go's math.Pow."""
    try:
        return math.pow(base, exponent)
    except ValueError:
        if base != 0:
            return NAN
    except OverflowError:
        pass
    is_odd = math.fmod(exponent, 2) in (1.0, -1.0)
    return math.copysign(INFINITE, base) if is_odd else INFINITE


def total(function: Callable[[float], float]) -> Callable[[float], float]:
    """Return a function of `math` that is NaN outside its domain and infinite where it overflows."""

    def answered(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return NAN
        except OverflowError:
            return INFINITE

    return answered


def floor(value: float) -> float:
    """Round down; infinities, NaN and zeros stay what they are."""
    return float(math.floor(value)) if math.isfinite(value) and value else value


def ceiling(value: float) -> float:
    """Round up; what becomes zero keeps its sign."""
    return math.copysign(float(math.ceil(value)), value) if math.isfinite(value) else value


def sign(value: float) -> float:
    """Return -1, 0 or 1; NaN stays NaN."""
    return -1.0 if value < 0 else 1.0 if value > 0 else value


def logarithm(value: float) -> float:
    """Return the natural logarithm; of zero it is minus infinity."""
    if value == 0:
        return -INFINITE
    return math.log(value) if value > 0 else NAN


def binary_logarithm(value: float) -> float:
    """Return the logarithm to base 2, computed as Go does it, last digit included."""
    if not math.isfinite(value) or value <= 0:
        return logarithm(value)
    fraction, exponent = math.frexp(value)
    if fraction == 0.5:
        return float(exponent - 1)
    return math.log(fraction) * (1 / _LN2) + exponent


def decimal_logarithm(value: float) -> float:
    """Return the logarithm to base 10, computed as Go does it: of 1000 it is a little less than 3."""
    return binary_logarithm(value) * (_LN2 / _LN10)


def hyperbolic_sine(value: float) -> float:
    """Return sinh; too large is infinite with the sign of the value."""
    try:
        return math.sinh(value)
    except OverflowError:
        return math.copysign(INFINITE, value)


def hyperbolic_area(value: float) -> float:
    """Return atanh; of one it is infinite."""
    if abs(value) == 1:
        return math.copysign(INFINITE, value)
    return math.atanh(value) if abs(value) < 1 else NAN


def larger(left: float, right: float) -> float:
    """Return the larger; NaN if one is, unless the other is plus infinity."""
    if INFINITE in (left, right):
        return INFINITE
    return NAN if math.isnan(left) or math.isnan(right) else max(left, right)


def smaller(left: float, right: float) -> float:
    """Return the smaller; NaN if one is, unless the other is minus infinity."""
    return -larger(-left, -right)


def quantile(share: float, values: list[float]) -> float:
    """Return a quantile by linear interpolation; NaN counts as the smallest (promql/quantile.go).

    Outside 0 to 1 this is infinite. `values` is sorted in place.
    """
    if not values or math.isnan(share):
        return NAN
    if not 0 <= share <= 1:
        return math.copysign(INFINITE, share)
    values.sort(key=lambda value: (not math.isnan(value), value))
    rank = share * (len(values) - 1)
    lower = math.floor(rank)
    upper = min(len(values) - 1, lower + 1)
    weight = rank - lower
    return values[lower] * (1 - weight) + values[upper] * weight


def compensated(values: Sequence[float]) -> float:
    """Add up with Neumaier's correction (promql/functions.go, kahanSumInc)."""
    summed = lost = 0.0
    for value in values:
        summed, lost = summed_up(value, summed, lost)
    return summed if math.isinf(summed) else summed + lost


def summed_up(value: float, summed: float, lost: float) -> tuple[float, float]:
    """Add one value to a sum that carries what rounding lost."""
    together = summed + value
    if abs(summed) >= abs(value):
        return together, lost + ((summed - together) + value)
    return together, lost + ((value - together) + summed)
