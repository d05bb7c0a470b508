"""Each measure agrees with its definition, hit by hit, and lets go exactly of what it took."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.correlating.measures import measure_for, percentile
from tocsin.detection.correlating.watched import Watched, watched_correlation, watched_rule
from tocsin.detection.problems import Place
from tocsin.detection.sigma.correlation import Correlation, Every, Kind, Seen
from tocsin.detection.sigma.extension import PLAIN, Ratio
from tocsin.detection.sigma.header import Header
from tocsin.detection.state import NEVER, Held

HEADER = Header(
    path="",
    place=Place(1, 1),
    id="i",
    name="",
    title="T",
    level="",
    tags=(),
    description="",
    author="",
    references=(),
)
A, B, C = 1, 2, 4


def watched(kind: Kind, **changes: Any) -> Watched:
    correlation = Correlation(
        header=HEADER,
        key="k",
        kind=kind,
        rules=("a", "b", "c"),
        rules_place=Place(1, 1),
        group_by=(),
        span=10,
        bounds=(("gte", 0),),
    )
    return watched_correlation(replace(correlation, **changes), emits=True, parents=(), lateness=0)


def hit(time: int, slots: int = A, value: Any = None, source: str = "s", position: int | None = None) -> Held:
    return Held(time, source, time if position is None else position, slots, value)


NUMBERS = [Kind.VALUE_SUM, Kind.VALUE_AVG, Kind.VALUE_PERCENTILE, Kind.VALUE_MEDIAN]


@pytest.mark.parametrize("kind", [Kind.EVENT_COUNT, Kind.VALUE_COUNT, Kind.TEMPORAL, *NUMBERS])
def test_an_empty_window_measures_nothing(kind: Kind) -> None:
    measure = measure_for(watched(kind))
    assert measure.holds(NEVER) is None
    one = hit(1, value=1.0)
    measure.add([one])
    assert measure.holds(NEVER) is not None
    assert measure.copy().holds(NEVER) == measure.holds(NEVER)
    measure.remove(one)
    assert measure.holds(NEVER) is None


def test_a_detection_rule_asks_for_nothing_more(load_sound: Any) -> None:
    (rule,) = load_sound("title: x\nlogsource: {category: c}\ndetection: {s: {a: 1}, condition: s}\n").rules
    measure = measure_for(watched_rule(rule, emits=True, parents=())).copy()
    measure.add([hit(1)])
    measure.remove(hit(1))
    assert measure.holds(NEVER) == 1


@pytest.mark.parametrize("kind", [Kind.EVENT_COUNT, Kind.VALUE_COUNT, Kind.TEMPORAL, *NUMBERS])
def test_a_bound_that_is_not_met_holds_nothing(kind: Kind) -> None:
    measure = measure_for(watched(kind, bounds=(("gt", 99),)))
    measure.add([hit(1, value=1.0)])
    assert measure.holds(NEVER) is None


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=8), st.data()
)
def test_sums_do_not_depend_on_what_came_and_went(numbers: list[float], data: Any) -> None:
    kept = data.draw(st.integers(1, len(numbers)))
    long, short = (measure_for(watched(Kind.VALUE_SUM, bounds=(("neq", 1.5),))) for _ in range(2))
    hits = [hit(time, value=number) for time, number in enumerate(numbers)]
    long.add(hits)
    for gone in hits[:-kept]:
        long.remove(gone)
    short.add(hits[-kept:][::-1])
    assert long.holds(NEVER) == short.holds(NEVER)


def test_a_sum_beyond_all_floats_is_infinite() -> None:
    for sign in (1, -1):
        measure = measure_for(watched(Kind.VALUE_SUM, bounds=(("neq", 0),)))
        measure.add([hit(1, value=sign * 1e308), hit(1, value=sign * 1e308)])
        assert measure.holds(NEVER) == sign * float("inf")


@pytest.mark.parametrize(
    ("numbers", "percent", "found"),
    [
        ([1.0], 95, 1),
        ([1.0, 2, 3, 4], 50, 2.5),
        ([1.0, 2, 3, 4], 100, 4),
        ([1.0, 2, 3, 4], 0, 1),
        ([0.0, 10, 20], 95, 19),
        ([1.0, 2, 3], 50, 2),
        ([1e308, 1e308], 30, 1e308),
    ],
)
def test_percentiles_interpolate(numbers: list[float], percent: float, found: float) -> None:
    assert percentile(numbers, percent) == pytest.approx(found)


def test_the_same_value_twice_is_one_until_both_are_gone() -> None:
    measure = measure_for(watched(Kind.VALUE_COUNT))
    hits = [hit(1, value="x"), hit(2, value="x"), hit(3, value="y")]
    measure.add(hits)
    assert measure.holds(NEVER) == 2
    measure.remove(hits[0])
    assert measure.holds(NEVER) == 2
    measure.remove(hits[1])
    assert measure.holds(NEVER) == 1


def test_together_counts_distinct_rules() -> None:
    every = watched(Kind.TEMPORAL, bounds=())
    measure = measure_for(every)
    hits = [hit(1, A), hit(1, A), hit(2, B)]
    measure.add(hits)
    assert measure.holds(NEVER) is None
    measure.add([hit(3, C)])
    assert measure.holds(NEVER) == 3
    measure.remove(hits[0])
    assert measure.holds(NEVER) == 3
    measure.remove(hits[1])
    assert measure.holds(NEVER) is None


def test_a_chain_ends_when_its_beginning_slides_out() -> None:
    measure = measure_for(watched(Kind.TEMPORAL_ORDERED, bounds=(("gte", 2),)))
    for each in (hit(1, A), hit(5, B)):
        measure.add([each])
    assert (measure.holds(1), measure.holds(2)) == (2, None)


def test_an_order_may_have_alternatives() -> None:
    either = Every((Seen("a"), Seen("c")))
    measure = measure_for(watched(Kind.TEMPORAL_ORDERED, bounds=(), expression=either))
    for each in (hit(1, A), hit(2, C)):
        measure.remove(each)
        measure = measure.copy()
        measure.add([each])
    assert measure.holds(NEVER) == 2
    together = measure_for(watched(Kind.TEMPORAL, bounds=(), expression=either))
    together.add([hit(1, A), hit(1, B)])
    assert together.holds(NEVER) is None


def test_a_share_compares_with_the_whole() -> None:
    ratio = Ratio(of=("a", "b"), minimum=3, bounds=(("gte", 0.5),))
    rule = watched(Kind.EVENT_COUNT, rules=("a",), extensions=replace(PLAIN, ratio=ratio))
    measure = measure_for(rule)
    hits = [hit(1, A, "x"), hit(2, B, "x"), hit(3, A, "x"), hit(4, B, "y")]
    measure.add(hits[:2])
    assert measure.holds(NEVER) is None
    measure.add([*hits[2:], hit(5, C)])
    assert measure.copy().holds(NEVER) == 0.5
    measure.remove(hits[0])
    assert measure.holds(NEVER) is None
    for gone in (*hits[1:], hit(5, C)):
        measure.remove(gone)
    assert measure.holds(NEVER) is None
    distinct = replace(rule.extensions, ratio=replace(ratio, distinct="user", minimum=2))
    again = measure_for(watched(Kind.EVENT_COUNT, rules=("a",), extensions=distinct))
    again.add(hits)
    assert again.holds(NEVER) == 0.5
