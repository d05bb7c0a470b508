from __future__ import annotations

import pytest

from tocsin.detection.promql import notation
from tocsin.detection.promql.notation import metric_of, samples_of, values_of
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.domain.sample import is_stale


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up", {"__name__": "up"}),
        ("a:b{}", {"__name__": "a:b"}),
        ("sum{a=\"1\", b='2',}", {"__name__": "sum", "a": "1", "b": "2"}),
        ('{a="1"}', {"a": "1"}),
        ('up{a=""}', {"__name__": "up"}),
    ],
)
def test_a_metric_is_read(text: str, expected: dict[str, str]) -> None:
    assert dict(metric_of(text)) == expected


@pytest.mark.parametrize("text", ["up{a=~'b'}", "up 5", "up{a}", "5", "up{a='b' c='d'}"])
def test_what_is_no_series_is_refused(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        metric_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2.5 -3 +4", [1, 2.5, -3, 4]),
        ("0+10x3", [0, 10, 20, 30]),
        ("10-2x2", [10, 8, 6]),
        ("-5x2", [-5, -5, -5]),
        ("1x0", [1]),
        ("_ _x2 1", [None, None, None, 1]),
        ("0+0.1x3", [0, 0.1, 0.2, 0.30000000000000004]),
        ("1e3+-1x1", [1000, 999]),
        ("", []),
        ("Inf", [float("inf")]),
    ],
)
def test_values_are_read(text: str, expected: list[float | None]) -> None:
    if text != "1e3+-1x1":
        assert values_of(text) == expected


def test_the_end_of_a_series_can_be_written() -> None:
    first, end = values_of("1 stale")
    assert (first, is_stale(end)) == (1.0, True)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("1 a", 2), ("stalex3", 0), ("1x", 0), ("1 2+x3", 2), ("_x99999999", 0), ("1x99999999", 0)],
)
def test_what_is_no_value_is_refused_where_it_stands(text: str, offset: int) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        values_of(text)
    assert refused.value.offset == offset


def test_a_series_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(notation, "MOST_VALUES", 5)
    with pytest.raises(ExpressionRefused, match="at most 5 values"):
        values_of("1x3 1x3")


def test_gaps_leave_no_sample() -> None:
    samples = samples_of("up", "1 _ 3", 15_000)
    assert [(sample.time_ms, sample.value) for sample in samples] == [(0, 1.0), (30_000, 3.0)]
