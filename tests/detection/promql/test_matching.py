from __future__ import annotations

import math

import pytest

from tocsin.detection.promql.refusals import EvaluationFailed

SERIES = {
    'a{x="1",y="p"}': "10",
    'a{x="2",y="p"}': "20",
    'b{x="1",y="p"}': "2",
    'b{x="3",y="p"}': "30",
    'c{x="1",y="p",z="m"}': "1",
    'c{x="1",y="p",z="n"}': "3",
    'o{x="1"}': "4",
}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("2 + 3", 5.0),
        ("7 % 4", 3.0),
        ("2 ^ 3", 8.0),
        ("1 > bool 2", 0.0),
        ("0 atan2 1", 0.0),
        ("a + 1", {'{x="1", y="p"}': 11.0, '{x="2", y="p"}': 21.0}),
        ("1 - a", {'{x="1", y="p"}': -9.0, '{x="2", y="p"}': -19.0}),
        ("a > 15", {'{__name__="a", x="2", y="p"}': 20.0}),
        ("15 < a", {'{__name__="a", x="2", y="p"}': 20.0}),
        ("a > bool 15", {'{x="1", y="p"}': 0.0, '{x="2", y="p"}': 1.0}),
        (
            "a atan2 0",
            {'{__name__="a", x="1", y="p"}': math.pi / 2, '{__name__="a", x="2", y="p"}': math.pi / 2},
        ),
        ("a / b", {'{x="1", y="p"}': 5.0}),
        ("a > b", {'{__name__="a", x="1", y="p"}': 10.0}),
        ("a < b", {}),
        ("a > bool b", {'{x="1", y="p"}': 1.0}),
        ("a == bool b", {'{x="1", y="p"}': 0.0}),
        ("a + on (x) b", {'{x="1"}': 12.0}),
        ("a > on (x) b", {'{x="1"}': 10.0}),
        ("a + ignoring (y) o", {'{x="1"}': 14.0}),
        ("c * on (x) group_left o", {'{x="1", y="p", z="m"}': 4.0, '{x="1", y="p", z="n"}': 12.0}),
        ("c - on (x) group_left (w) o", {'{x="1", y="p", z="m"}': -3.0, '{x="1", y="p", z="n"}': -1.0}),
        ("o - on (x) group_right c", {'{x="1", y="p", z="m"}': 3.0, '{x="1", y="p", z="n"}': 1.0}),
        (
            "o > on (x) group_right (y) c",
            {'{__name__="c", x="1", z="m"}': 4.0, '{__name__="c", x="1", z="n"}': 4.0},
        ),
        ("a and b", {'{__name__="a", x="1", y="p"}': 10.0}),
        ("a unless b", {'{__name__="a", x="2", y="p"}': 20.0}),
        (
            "b or a",
            {
                '{__name__="b", x="1", y="p"}': 2.0,
                '{__name__="b", x="3", y="p"}': 30.0,
                '{__name__="a", x="2", y="p"}': 20.0,
            },
        ),
        ("a and on () o", {'{__name__="a", x="1", y="p"}': 10.0, '{__name__="a", x="2", y="p"}': 20.0}),
        ("a + nothing", {}),
        ("nothing + a", {}),
        ("nothing or o", {'{__name__="o", x="1"}': 4.0}),
    ],
)
def test_points_meet_as_in_prometheus(ask, expr: str, expected: object) -> None:
    assert ask(expr, SERIES, 0) == expected


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("o + on (x) c", 'found duplicate series for the match group {x="1"} on the right'),
        ("c + on (x) group_right o", "on the left hand-side"),
        ("c + on (x) o", "many-to-one matching must be explicit"),
        ("c + on (x) group_left (z) o", "grouping labels must ensure unique matches"),
        ('{__name__=~"a|b"} + 1', "same labelset"),
        ('-{__name__=~"a|b"}', "same labelset"),
    ],
)
def test_ambiguous_matching_fails(ask, expr: str, said: str) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        ask(expr, SERIES, 0)
    assert said in failed.value.happened
