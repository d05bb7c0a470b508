"""A rule is compiled to bits, bounds and times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.detection.correlating.watched import (
    bits_of,
    bounded,
    denominator,
    watched_correlation,
    watched_rule,
)
from tocsin.detection.sigma.correlation import Correlation

BASE = "title: {0}\nname: {0}\nlogsource: {{category: test}}\ndetection: {{s: {{{0}: 1}}, condition: s}}\n"
RULE = """title: x
{top}
correlation:
  type: {kind}
  rules: [a, b]
  group-by: [user]
  timespan: 1m
{more}
"""


@pytest.fixture
def correlation(load_sound: Any) -> Any:
    def make(kind: str = "event_count", more: str = "  condition: {gte: 2}", top: str = "") -> Correlation:
        text = RULE.format(kind=kind, more=more, top=top)
        (found,) = load_sound(BASE.format("a"), BASE.format("b"), text).correlations
        return found

    return make


def watched(correlation: Correlation, lateness: int = 0) -> Any:
    return watched_correlation(correlation, emits=True, parents=(), lateness=lateness)


@pytest.mark.parametrize(
    ("kind", "more", "top", "early"),
    [
        ("event_count", "  condition: {gte: 2}", "", True),
        ("event_count", "  condition: {gte: 2, lte: 3}", "", False),
        ("event_count", "  condition: {gte: 2}", "tocsin.emit: each", True),
        ("event_count", "  condition: {gte: 2}", "tocsin.window: tumbling", True),
        ("event_count", "  condition: {gte: 2}", "tocsin.window: session\ntocsin.gap: 9s", False),
        ("event_count", "  condition: {gte: 2}", "tocsin.for: 5m", False),
        ("value_count", "  condition: {field: v, gt: 2}", "", True),
        ("value_sum", "  condition: {field: v, gt: 2}", "", False),
        ("temporal", "", "", True),
        ("temporal", "  condition: a or b", "", True),
        ("temporal", "  condition: a and not b", "", False),
    ],
)
def test_only_what_cannot_be_taken_back_fires_early(
    correlation: Any, kind: str, more: str, top: str, early: bool
) -> None:
    assert watched(correlation(kind, more, top)).early is early


def test_times_are_in_microseconds_and_a_parent_waits_for_its_children(correlation: Any) -> None:
    found = watched(correlation(top="tocsin.allowed_lateness: 5s\ntocsin.gap: 30s\ntocsin.window: session"))
    assert (found.span, found.quiet, found.lateness) == (60_000_000, 30_000_000, 5_000_000)
    assert found.retention == 60_000_000
    assert watched(correlation(), lateness=70_000_000).lateness == 70_000_000
    assert (found.each, found.evidence, found.group_by) == (False, 50, ("user",))
    assert not found.chained
    history = "tocsin.new_value: {field: v, history: 30d, warmup: 1d}"
    assert (
        watched(correlation("value_count", "  condition: {field: v, gte: 1}", history)).retention
        == 60 * 86_400_000_000
    )
    past = "tocsin.baseline: {history: 7d, season: none, method: tail, p: 1.0e-5, min: 2, warmup: 1d}"
    assert watched(correlation(top=past)).retention == 7 * 86_400_000_000 + 120_000_000


def test_a_detection_rule_fires_at_once_and_is_quiet_after_an_hour(load_sound: Any) -> None:
    (rule,) = load_sound(BASE.format("a")).rules
    found = watched_rule(rule, emits=True, parents=())
    assert (found.span, found.quiet, found.early, found.group_by) == (0, 3_600_000_000, True, ())


def test_rules_have_bits_and_those_of_a_ratio_stand_behind(correlation: Any) -> None:
    plain = correlation()
    assert (bits_of(plain), denominator(plain)) == ({"a": 1, "b": 2}, 0)
    top = "tocsin.ratio: {of: [b], min: 1, gt: 0.5}"
    ratio = replace(correlation(top=top), rules=("a",))
    assert (bits_of(ratio), denominator(ratio), watched(ratio).own) == ({"a": 1, "b": 2}, 2, 1)


def test_names_of_groups_may_differ_by_rule(correlation: Any) -> None:
    found = watched(correlation(more="  condition: {gte: 2}\n  aliases: {user: {b: owner}}"))
    assert found.names == {1: {}, 2: {"user": "owner"}}


@pytest.mark.parametrize(
    ("bounds", "values"),
    [((("gt", 2.0),), [3]), ((("gte", 2.0), ("lte", 3.0)), [2, 3]), ((), [1, 2, 3])],
)
def test_all_bounds_are_asked(bounds: Any, values: list[float]) -> None:
    assert [value for value in (1, 2, 3) if bounded(bounds)(value)] == values
