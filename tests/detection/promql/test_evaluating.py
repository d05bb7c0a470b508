from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from tocsin.detection.promql.evaluating import evaluate, milliseconds
from tocsin.detection.promql.memory import MemorySamples
from tocsin.detection.promql.parser import parse
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.domain.sample import Sample

SERIES = {
    'x{a="1"}': "0+1x20",
    'x{a="2"}': "10+2x20",
    "old": "5x4",
    "ended": "1x8 stale",
    "holes": "1 NaN stale 4x3",
}
UP = (("__name__", "up"),)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("5", 5.0),
        ("'text'", "text"),
        ("x", {'{__name__="x", a="1"}': 10.0, '{__name__="x", a="2"}': 30.0}),
        ("x offset 5m", {'{__name__="x", a="1"}': 5.0, '{__name__="x", a="2"}': 20.0}),
        ("x offset -5m", {'{__name__="x", a="1"}': 15.0, '{__name__="x", a="2"}': 40.0}),
        ("x @ 120", {'{__name__="x", a="1"}': 2.0, '{__name__="x", a="2"}': 14.0}),
        ("x @ end()", {'{__name__="x", a="1"}': 10.0, '{__name__="x", a="2"}': 30.0}),
        ("sum_over_time((x @ start())[2m:1m])", {'{a="1"}': 30.0, '{a="2"}': 90.0}),
        ("ended", {}),
        ("old", {}),
        ("old offset 1m", {'{__name__="old"}': 5.0}),
        ("+x{a='1'}", {'{__name__="x", a="1"}': 10.0}),
        ("-x{a='1'}", {'{a="1"}': -10.0}),
        ("-'text'", None),
        ("-time()", -600.0),
        ("count_over_time(holes[10m])", {"{}": 6.0}),
        ("max_over_time(x[5m:1m] offset 5m)", {'{a="1"}': 5.0, '{a="2"}': 20.0}),
        ("sum_over_time(x[2m:])", {'{a="1"}': 27.0, '{a="2"}': 84.0}),
        ("last_over_time(x{a='1'}[1m])", {'{__name__="x", a="1"}': 10.0}),
        ("absent(x)", {}),
        ("absent(y{a='1', b=~'c', d!='e'})", {'{a="1"}': 1.0}),
        ("absent(y{a='1', a='2', b='c'})", {'{b="c"}': 1.0}),
        ("absent(sum(y))", {"{}": 1.0}),
        ("absent_over_time(x[5m])", {}),
        ("absent_over_time(y{a='1'}[5m])", {'{a="1"}': 1.0}),
        ("absent_over_time(y{a='1'}[5m:1m])", {"{}": 1.0}),
        ("absent_over_time(ended[1m])", {"{}": 1.0}),
        ("timestamp(x{a='1'} offset 2m)", {'{a="1"}': 480.0}),
        ("timestamp(-x{a='1'})", {'{a="1"}': 600.0}),
        ("scalar(x{a='1'})", 10.0),
        ("vector(3)", {"{}": 3.0}),
        ("time()", 600.0),
        ("pi()", math.pi),
        ("minute()", {"{}": 10.0}),
        ("minute(x * 60)", {'{a="1"}': 10.0, '{a="2"}': 30.0}),
        ("clamp(x, 5, 1)", {}),
        ("rate(x[1s])", {}),
        ("quantile_over_time(0.5, x{a='1'}[4m])", {'{a="1"}': 8.0}),
        ("label_replace(x{a='1'}, 'b', 'z$1', 'a', '(.)')", {'{__name__="x", a="1", b="z1"}': 10.0}),
        ("label_join(x{a='1'}, 'b', '-', 'a', 'a')", {'{__name__="x", a="1", b="1-1"}': 10.0}),
        ("histogram_quantile(0.5, x)", {}),
        ("x{a='1'} + 1", {'{a="1"}': 11.0}),
        ("1 + x{a='1'}", {'{a="1"}': 11.0}),
        ("1 + 1", 2.0),
        ("x{a='1'} + x", {'{a="1"}': 20.0}),
        ("topk(1, x)", {'{__name__="x", a="2"}': 30.0}),
        ("count_values('v', x{a='1'})", {'{v="10"}': 1.0}),
    ],
)
def test_expressions_are_what_prometheus_says(ask, expr: str, expected: object) -> None:
    if expected is not None:
        assert ask(expr, SERIES) == expected


def test_a_scalar_of_two_series_is_nan(ask) -> None:
    assert math.isnan(ask("scalar(x)", SERIES))


def test_vectors_are_sorted_and_nan_comes_last(answer) -> None:
    series = {'v{a="1"}': "3", 'v{a="2"}': "NaN", 'v{a="3"}': "1"}
    up = [labels[1][1] for labels, _ in answer("sort(v)", series, 0)]
    down = [labels[1][1] for labels, _ in answer("sort_desc(v)", series, 0)]
    assert (up, down) == (["3", "1", "2"], ["1", "3", "2"])


@pytest.mark.parametrize(("age_ms", "is_seen"), [(0, True), (300_000, True), (300_001, False)])
def test_a_sample_counts_for_five_minutes_to_the_millisecond(age_ms: int, is_seen: bool) -> None:
    samples = MemorySamples([Sample(UP, 1_000_000, 1.0)])
    assert bool(evaluate(parse("up"), samples, 1_000_000 + age_ms)) is is_seen


def test_a_range_includes_both_of_its_ends(ask) -> None:
    assert ask("count_over_time(x{a='1'}[5m])", SERIES) == {'{a="1"}': 6.0}


def test_a_sample_that_is_nan_is_a_value(ask) -> None:
    (value,) = ask("holes @ 60", SERIES).values()
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("x[5m]", "no value at a moment"),
        ("max_over_time(x[30d:1s])", "11000 steps"),
        ("rate({a='1'}[5m])", "same labelset"),
        ("label_replace(x, 'a', 'same', '', '')", "same labelset"),
    ],
)
def test_what_has_no_answer_fails(ask, expr: str, said: str) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        ask(expr, {**SERIES, 'y{a="1"}': "1x20"})
    assert said in failed.value.happened


def test_the_default_step_can_be_chosen() -> None:
    samples = MemorySamples([Sample(UP, 0, 1.0)])
    found = evaluate(parse("count_over_time(up[2m:])"), samples, 120_000, default_step_ms=30_000)
    assert found == [((), 5.0)]


def test_moments_become_milliseconds() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)) == 1500
