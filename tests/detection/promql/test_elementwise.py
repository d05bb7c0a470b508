from __future__ import annotations

import calendar
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.promql.elementwise import OF_A_TIME, OF_A_VALUE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("abs", (-2.0,), 2.0),
        ("ceil", (1.2,), 2.0),
        ("floor", (1.8,), 1.0),
        ("round", (1.5,), 2.0),
        ("round", (-1.5,), -1.0),
        ("round", (7.0, 5.0), 5.0),
        ("round", (7.0, 0.1), 7.0),
        ("clamp", (7.0, 1.0, 5.0), 5.0),
        ("clamp", (0.0, 1.0, 5.0), 1.0),
        ("clamp", (0.0, 5.0, 1.0), None),
        ("clamp_min", (0.0, 1.0), 1.0),
        ("clamp_max", (7.0, 5.0), 5.0),
        ("deg", (math.pi,), 180.0),
        ("rad", (180.0,), math.pi),
        ("sgn", (-4.0,), -1.0),
        ("exp", (0.0,), 1.0),
        ("log2", (8.0,), 3.0),
        ("sqrt", (9.0,), 3.0),
        ("acosh", (1.0,), 0.0),
        ("tanh", (0.0,), 0.0),
    ],
)
def test_functions_of_a_value(name, arguments, expected) -> None:
    assert OF_A_VALUE[name](*arguments) == expected


def test_rounding_to_nothing_is_nan() -> None:
    assert math.isnan(OF_A_VALUE["round"](7.0, 0.0))


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_the_calendar_is_the_one_of_the_library(seconds: int) -> None:
    at = EPOCH + timedelta(seconds=seconds)
    found = {name: function(float(seconds)) for name, function in OF_A_TIME.items()}
    assert found["year"] == at.year
    assert found["month"] == at.month
    assert found["day_of_month"] == at.day
    assert found["day_of_year"] == at.timetuple().tm_yday
    assert found["day_of_week"] == (at.weekday() + 1) % 7
    assert (found["hour"], found["minute"]) == (at.hour, at.minute)
    assert found["days_in_month"] == calendar.monthrange(at.year, at.month)[1]


def test_a_leap_day_counts() -> None:
    leap = (datetime(2024, 2, 29, tzinfo=UTC) - EPOCH).total_seconds()
    assert (OF_A_TIME["days_in_month"](leap), OF_A_TIME["days_in_month"](leap + 366 * 86_400)) == (29.0, 31.0)


@pytest.mark.parametrize("name", ["year", "hour"])
def test_no_time_has_no_date(name: str) -> None:
    assert math.isnan(OF_A_TIME[name](math.nan))
