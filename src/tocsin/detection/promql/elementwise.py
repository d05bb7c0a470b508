"""Functions that turn each value of a vector into another: rounding, logarithms, angles, the calendar."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable

from tocsin.detection.promql.floats import (
    NAN,
    binary_logarithm,
    ceiling,
    decimal_logarithm,
    floor,
    hyperbolic_area,
    hyperbolic_sine,
    larger,
    logarithm,
    quotient,
    sign,
    smaller,
    total,
)

_DAY_S = 86_400
_UNIX_EPOCH_FROM_YEAR_0 = 719_468
_DAYS_IN_400_YEARS = 146_097
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _clamp(value: float, lowest: float, highest: float) -> float | None:
    return None if highest < lowest else larger(lowest, smaller(highest, value))


def _round(value: float, nearest: float = 1.0) -> float:
    inverse = quotient(1.0, nearest)
    return quotient(floor(value * inverse + 0.5), inverse)


def _civil(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day counted from 1970-01-01, for any year (days_from_civil reversed).

    The method is Howard Hinnant's: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    """
    era, day = divmod(days + _UNIX_EPOCH_FROM_YEAR_0, _DAYS_IN_400_YEARS)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    month = month + 3 if month < 10 else month - 9
    return year + era * 400 + (month <= 2), month, day + 1


def _month_length(year: int, month: int) -> int:
    return 29 if month == 2 and calendar.isleap(year) else _MONTHS[month - 1]


def _day_of_year(days: int) -> int:
    year, month, day = _civil(days)
    return sum(_month_length(year, each) for each in range(1, month)) + day


_DAY_PARTS: dict[str, Callable[[int], int]] = {
    "day_of_month": lambda days: _civil(days)[2],
    "day_of_week": lambda days: (days + 4) % 7,
    "day_of_year": _day_of_year,
    "days_in_month": lambda days: _month_length(*_civil(days)[:2]),
    "month": lambda days: _civil(days)[1],
    "year": lambda days: _civil(days)[0],
}


def _of_day(part: Callable[[int], int]) -> Callable[[float], float]:
    # Go's result for NaN and infinities is some day in a far year; NaN says that there is none.
    return lambda seconds: float(part(int(seconds) // _DAY_S)) if math.isfinite(seconds) else NAN


def _of_time(unit_s: int, units: int) -> Callable[[float], float]:
    return lambda seconds: float(int(seconds) // unit_s % units) if math.isfinite(seconds) else NAN


OF_A_TIME: dict[str, Callable[[float], float]] = {
    **{name: _of_day(part) for name, part in _DAY_PARTS.items()},
    "hour": _of_time(3600, 24),
    "minute": _of_time(60, 60),
}
"""Functions of seconds since 1970 UTC; without an argument they ask about the time of the evaluation."""

OF_A_VALUE: dict[str, Callable[..., float | None]] = {
    "abs": abs,
    "acos": total(math.acos),
    "acosh": total(math.acosh),
    "asin": total(math.asin),
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": hyperbolic_area,
    "ceil": ceiling,
    "clamp": _clamp,
    "clamp_max": lambda value, highest: smaller(highest, value),
    "clamp_min": lambda value, lowest: larger(lowest, value),
    "cos": total(math.cos),
    "cosh": total(math.cosh),
    "deg": lambda value: value * 180 / math.pi,
    "exp": total(math.exp),
    "floor": floor,
    "ln": logarithm,
    "log10": decimal_logarithm,
    "log2": binary_logarithm,
    "rad": lambda value: value * math.pi / 180,
    "round": _round,
    "sgn": sign,
    "sin": total(math.sin),
    "sinh": hyperbolic_sine,
    "sqrt": total(math.sqrt),
    "tan": total(math.tan),
    "tanh": math.tanh,
}
"""Functions of a value and, behind it, their scalar arguments; None means no result."""
