from __future__ import annotations

import math

import pytest

from tocsin.detection.promql.refusals import EvaluationFailed

SERIES = {
    "c": "0+60x10",
    "reset": "100 160 40 100",
    "g": "1 2 3 4 5 6 7 8 9 10 11",
    "flat": "5x10",
    "one": "_x10 7",
    "odd": "1 NaN 3 Inf 2",
    "wide": "Infx1 Infx1",
    "minus": "_x8 Inf -Inf",
    "wave": "1 1 2 2 1 NaN NaN 3",
    "low": "_x6 2+2x4",
}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("rate(c[5m])", 1.0),
        ("increase(c[5m])", 300.0),
        ("increase(reset[10m])", 160 * 210 / 180),
        ("delta(g[10m])", 10.0),
        ("delta(g[10m] offset 1m)", 9.0 * (9.0 * 60 + 60) / 540),
        ("increase(low[10m])", 8.0 + 2.0),
        ("irate(c[5m])", 1.0),
        ("irate(reset[10m])", 1.0),
        ("irate(reset[8m] offset 8m)", 40 / 60),
        ("idelta(g[5m])", 1.0),
        ("deriv(g[10m])", 1 / 60),
        ("deriv(flat[10m])", 0.0),
        ("predict_linear(g[10m], 600)", 21.0),
        ("predict_linear(flat[10m], 600)", 5.0),
        ("holt_winters(g[10m], 0.5, 0.5)", 11.0),
        ("resets(reset[10m])", 1.0),
        ("changes(wave[10m])", 4.0),
        ("avg_over_time(g[10m])", 6.0),
        ("avg_over_time(odd[1m] offset 6m)", math.inf),
        ("avg_over_time(wide[10m])", math.inf),
        ("max_over_time(odd[10m])", math.inf),
        ("min_over_time(odd[10m])", 1.0),
        ("count_over_time(odd[10m])", 5.0),
        ("last_over_time(g[2m])", 11.0),
        ("present_over_time(g[2m])", 1.0),
        ("quantile_over_time(0.5, g[10m])", 6.0),
        ("stddev_over_time(g[10m])", math.sqrt(10)),
        ("stdvar_over_time(g[10m])", 10.0),
        ("sum_over_time(g[10m])", 66.0),
        ("resets(one[10m])", 0.0),
    ],
)
def test_functions_over_a_range(ask, expr: str, expected: float) -> None:
    (value,) = ask(expr, SERIES).values()
    assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "expr",
    [
        "rate(one[10m])",
        "delta(one[10m])",
        "irate(one[10m])",
        "idelta(one[10m])",
        "deriv(one[10m])",
        "predict_linear(one[10m], 1)",
        "holt_winters(one[10m], 0.5, 0.5)",
        "rate(c[5m] offset 1h)",
    ],
)
def test_one_sample_is_no_slope(ask, expr: str) -> None:
    assert ask(expr, SERIES) == {}


@pytest.mark.parametrize(
    "expr",
    [
        "deriv(wide[10m])",
        "avg_over_time(minus[10m])",
        "max_over_time(n[10m])",
        "min_over_time(n[10m])",
        "stddev_over_time(odd[10m])",
    ],
)
def test_what_cannot_be_known_is_nan(ask, expr: str) -> None:
    (value,) = ask(expr, {**SERIES, "n": "NaNx5"}).values()
    assert math.isnan(value)


def test_a_counter_is_not_drawn_further_back_than_zero(ask) -> None:
    assert ask("increase(x[10m])", {"x": "_x6 0 30 60 90 120"}) == {"{}": 120.0}


@pytest.mark.parametrize(
    ("smoothing", "trend", "name"),
    [(0, 0.5, "smoothing"), (1, 0.5, "smoothing"), (0.5, 0, "trend"), (0.5, 1, "trend")],
)
def test_factors_outside_zero_and_one_fail(ask, smoothing, trend, name) -> None:
    with pytest.raises(EvaluationFailed, match=name):
        ask(f"holt_winters(g[5m], {smoothing}, {trend})", SERIES)
