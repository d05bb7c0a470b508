from __future__ import annotations

import math

import pytest

from tocsin.detection.promql.aggregating import decimal_of
from tocsin.detection.promql.refusals import EvaluationFailed

SERIES = {
    'g{a="1",b="x"}': "1",
    'g{a="2",b="x"}': "3",
    'g{a="3",b="y"}': "8",
}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(g)", {"{}": 12.0}),
        ("sum by (b) (g)", {'{b="x"}': 4.0, '{b="y"}': 8.0}),
        ("sum without (a) (g)", {'{b="x"}': 4.0, '{b="y"}': 8.0}),
        ("sum by (none) (g)", {"{}": 12.0}),
        ("avg(g)", {"{}": 4.0}),
        ("count(g)", {"{}": 3.0}),
        ("group(g)", {"{}": 1.0}),
        ("max(g)", {"{}": 8.0}),
        ("min(g)", {"{}": 1.0}),
        ("stdvar(g)", {"{}": 26 / 3}),
        ("stddev by (b) (g)", {'{b="x"}': 1.0, '{b="y"}': 0.0}),
        ("quantile(0.5, g)", {"{}": 3.0}),
        ("topk(2, g)", {'{__name__="g", a="3", b="y"}': 8.0, '{__name__="g", a="2", b="x"}': 3.0}),
        ("bottomk by (b) (1, g)", {'{__name__="g", a="1", b="x"}': 1.0, '{__name__="g", a="3", b="y"}': 8.0}),
        ("topk(0, g)", {}),
        ("topk(-1, g)", {}),
        ("count_values('v', g > 2)", {'{v="3"}': 1.0, '{v="8"}': 1.0}),
        ("count_values by (b) ('v', g > 2)", {'{b="x", v="3"}': 1.0, '{b="y", v="8"}': 1.0}),
        ("count_values without (a) ('v', g > 2)", {'{b="x", v="3"}': 1.0, '{b="y", v="8"}': 1.0}),
        ("sum(nothing)", {}),
    ],
)
def test_groups_are_folded(ask, expr: str, expected: object) -> None:
    assert ask(expr, SERIES, 0) == pytest.approx(expected)


def test_infinite_values_have_an_infinite_mean_and_nan_is_passed_over_by_extremes(ask) -> None:
    wild = {'w{a="1"}': "Inf", 'w{a="2"}': "1", 'w{a="3"}': "Inf", 'n{a="1"}': "NaN", 'n{a="2"}': "5"}
    assert ask("avg(w)", wild, 0) == {"{}": math.inf}
    assert ask("max(n)", wild, 0) == {"{}": 5.0}
    assert ask("min(n)", wild, 0) == {"{}": 5.0}
    assert next(iter(ask("topk(2, n)", wild, 0).values())) == 5.0
    assert all(math.isnan(value) for value in ask("max(n > 9 or n != n)", wild, 0).values())


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("topk(NaN, g)", "overflows int64"),
        ("bottomk(1e30, g)", "overflows int64"),
        ("count_values('1', g)", "invalid label name"),
    ],
)
def test_a_parameter_that_makes_no_sense_fails(ask, expr: str, said: str) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        ask(expr, SERIES, 0)
    assert said in failed.value.happened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.25, "0.25"),
        (1e21, "1" + "0" * 21),
        (1e-7, "0.0000001"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (-0.0, "-0"),
        (100.0, "100"),
    ],
)
def test_values_become_labels_without_exponents(value: float, text: str) -> None:
    assert decimal_of(value) == text
