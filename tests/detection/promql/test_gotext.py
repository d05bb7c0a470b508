from __future__ import annotations

import math

import pytest

from tocsin.detection.promql import gotext


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (10.5, "10.5"),
        (100.0, "100"),
        (0.001, "0.001"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (123456.0, "123456"),
        (1000000.0, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (1e20, "1e+20"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (-2.5, "-2.5"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers_are_printed_as_go_prints_them(value: float, text: str) -> None:
    assert gotext.plain(value) == text


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("humanized", 0.0, "0"),
        ("humanized", 1234567.0, "1.235M"),
        ("humanized", 1e30, "1e+06Y"),
        ("humanized", 12.0, "12"),
        ("humanized", 0.00012, "120u"),
        ("humanized", 1e-30, "1e-06y"),
        ("humanized", -1500.0, "-1.5k"),
        ("humanized", math.inf, "+Inf"),
        ("humanized", "2000", "2k"),
        ("humanized_1024", 1.0, "1"),
        ("humanized_1024", 2048.0, "2ki"),
        ("humanized_1024", math.nan, "NaN"),
        ("humanized_percentage", 0.12345, "12.35%"),
        ("humanized_duration", 0.0, "0s"),
        ("humanized_duration", 59.5, "59.5s"),
        ("humanized_duration", 3723.0, "1h 2m 3s"),
        ("humanized_duration", 90061.0, "1d 1h 1m 1s"),
        ("humanized_duration", 120.0, "2m 0s"),
        ("humanized_duration", -120.0, "-2m 0s"),
        ("humanized_duration", 0.002, "2ms"),
        ("humanized_duration", math.nan, "NaN"),
        ("humanized_timestamp", 0.0, "1970-01-01 00:00:00 +0000 UTC"),
        ("humanized_timestamp", 1435065584.5, "2015-06-23 13:19:44.5 +0000 UTC"),
        ("humanized_timestamp", math.inf, "+Inf"),
    ],
)
def test_numbers_are_put_into_forms_for_people(form: str, value: float | str, text: str) -> None:
    assert getattr(gotext, form)(value) == text


def test_what_has_no_form_says_why() -> None:
    with pytest.raises(gotext.NotShown, match='parsing "many"'):
        gotext.humanized("many")
    with pytest.raises(gotext.NotShown, match="cannot be represented"):
        gotext.humanized_timestamp(1e20)


def test_a_verb_prints_what_is_not_finite_as_go_does() -> None:
    assert gotext.printed("%.2f", 1.005) == "1.00"
    assert gotext.printed("%.2f", -math.inf) == "-Inf"
