"""One group at work: late and refined hits, what is settled when, and what a look ahead saves."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating.feeding import watched_rules
from tocsin.detection.correlating.group import Outcome, Span, weighed, window_for
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.rules import load
from tocsin.detection.sigma.tables import read
from tocsin.detection.state import FOREVER, GroupState, Held

SECOND = 1_000_000
BASE = "title: {0}\nname: {0}\nlogsource: {{category: test}}\ndetection: {{s: {{{0}: 1}}, condition: s}}\n"


@pytest.fixture
def watch(load_sound: Any) -> Any:
    def make(condition: str = "  condition: {gte: 2}", kind: str = "event_count", top: str = "") -> Watched:
        text = f"title: x\nname: x\n{top}\ncorrelation:\n  type: {kind}\n  rules: [a, b]\n  timespan: 10s\n"
        text += f"{condition}\n"
        rules = load_sound(BASE.format("a"), BASE.format("b"), text)
        found: Watched = watched_rules(rules.rules, rules.correlations, rules.by_reference(), {})[-1]
        return found

    return make


def hit(at: float, position: int = 0, **more: Any) -> Held:
    return Held(int(at * SECOND), "s", position or int(at), 1, None, ("Ada",), b"raw", **more)


def span(before: float, watermark: float, **more: Any) -> Span:
    return Span(int(before * SECOND), int(watermark * SECOND), **more)


def counts(outcome: Outcome) -> list[int]:
    return [burst.count for _, burst in outcome.news]


def test_what_fires_early_is_told_before_it_is_settled(watch: Any) -> None:
    rule = watch()
    first = weighed(rule, "g", GroupState(), [hit(101), hit(100)], span(0, 50))
    assert counts(first) == [2]
    assert (len(first.state.pending), first.state.held, first.state.due) == (2, [], FOREVER)
    more = weighed(rule, "g", first.state, [hit(102)], span(50, 51), first.tip)
    assert (counts(more), more.news[0][0]) == ([3], first.news[0][0])
    again = weighed(rule, "g", first.state, [hit(102)], span(50, 51))
    assert counts(again) == [3]


def test_what_cannot_be_sure_waits_for_the_watermark(watch: Any) -> None:
    rule = watch("  condition: {eq: 2}")
    first = weighed(rule, "g", GroupState(), [hit(100), hit(101)], span(0, 50))
    assert (counts(first), first.state.due, first.tip) == ([], 100 * SECOND, None)
    assert counts(weighed(rule, "g", first.state, [], span(50, 101))) == []
    second = weighed(rule, "g", first.state, [], span(50, 101.000001))
    assert (counts(second), second.state.due) == ([2], FOREVER)


def test_a_look_ahead_is_done_again_when_something_comes_between(watch: Any) -> None:
    rule = watch("  condition: {gte: 3}")
    first = weighed(rule, "g", GroupState(), [hit(100), hit(120)], span(0, 50))
    second = weighed(rule, "g", first.state, [hit(104), hit(105)], span(50, 51), first.tip)
    assert counts(second) == [3]
    other = weighed(rule, "g", GroupState(), [hit(100)], span(0, 50))
    # A look ahead that belongs to another state is of no use.
    assert counts(weighed(rule, "g", other.state, [hit(104), hit(105)], span(50, 51), second.tip)) == [3]


def test_what_is_older_than_the_watermark_is_late(watch: Any) -> None:
    outcome = weighed(watch(), "g", GroupState(), [hit(49), hit(50)], span(50, 60))
    assert ([each.time for each in outcome.late], len(outcome.state.pending)) == ([49 * SECOND], 1)


def test_a_detection_rule_takes_what_is_late(load_sound: Any) -> None:
    rules = load_sound(BASE.format("a"))
    (rule,) = watched_rules(rules.rules, (), {}, {})
    first = weighed(rule, "g", GroupState(), [hit(8_000)], span(0, 7_940))
    late = weighed(rule, "g", first.state, [hit(7_000), hit(100)], span(7_940, 7_941), first.tip)
    assert late.late == []
    assert counts(late) == [1, 2]
    assert window_for(rule, "g", GroupState()).unfinished() == 0


def test_work_is_settled_when_it_is_worth_it_and_bursts_are_forgotten_when_over(watch: Any) -> None:
    rule = watch()
    state, tip, told = GroupState(), None, []
    for at in range(0, 40):
        outcome = weighed(rule, "g", state, [hit(at)], span(at - 1, at), tip)
        state, tip = outcome.state, outcome.tip
        told.append(outcome.news[0][0] if outcome.news else "")
    assert len(set(told[1:])) == 1
    assert (len(state.pending) < 12, state.settled > 20 * SECOND) == (True, True)
    gone = weighed(rule, "g", state, [hit(100 + n) for n in range(9)], span(41, 200), tip)
    assert gone.state.bursts == []
    assert gone.state.announced == []


def test_a_refined_firing_takes_the_place_of_what_it_was(watch: Any) -> None:
    rule = watch("  condition: {gte: 2}")
    one, same = hit(100, origin="k:g"), hit(100, origin="k:g")
    refined = hit(100, 7, origin="k:g")
    first = weighed(rule, "g", GroupState(), [one], span(0, 50))
    unchanged = weighed(rule, "g", first.state, [same], span(50, 51), first.tip)
    assert unchanged.state.pending == [one]
    second = weighed(rule, "g", unchanged.state, [refined, hit(100, 3)], span(50, 51), unchanged.tip)
    assert [each.position for each in second.state.pending] == [3, 7]
    assert counts(second) == [2]


def test_the_end_of_input_tells_all_and_counts_what_is_left_open(watch: Any) -> None:
    rule = watch()
    state = weighed(rule, "g", GroupState(), [hit(1), hit(2)], span(0, 0)).state
    assert counts(weighed(rule, "g", state, [], span(0, 9, closing=True))) == [2]
    absent = watch("  condition: a and not b", "temporal")
    state = weighed(absent, "g", GroupState(), [hit(1)], span(0, 0)).state
    ended = weighed(absent, "g", state, [], span(0, 9, closing=True))
    assert (counts(ended), ended.unfinished, ended.state.due) == ([], 1, 11 * SECOND)


@pytest.mark.parametrize(
    ("top", "name"),
    [
        ("", "Window"),
        ("tocsin.for: 5s", "AlarmWindow"),
        ("tocsin.keep_firing_for: 5s", "AlarmWindow"),
        (
            "tocsin.baseline: {history: 7d, season: none, method: tail, p: 1.0e-5, min: 2, warmup: 1d}",
            "HabitWindow",
        ),
    ],
)
def test_each_rule_has_its_kind_of_window(watch: Any, top: str, name: str) -> None:
    assert type(window_for(watch(top=top), "g", GroupState())).__name__ == name
    assert (
        type(window_for(watch("  condition: a and not b", "temporal"), "g", GroupState())).__name__
        == "Absence"
    )


def test_an_alarm_is_over_when_it_has_ended(watch: Any) -> None:
    rule = watch(top="tocsin.keep_firing_for: 60s")
    first = weighed(rule, "g", GroupState(), [hit(1), hit(2)], span(0, 50))
    assert (counts(first), len(first.state.bursts)) == ([2], 1)
    ended = weighed(rule, "g", first.state, [], span(50, 200))
    assert (ended.news[0][1].ends, ended.state.bursts) == (71 * SECOND + 1, [])


def test_an_entity_of_the_inventory_has_a_heartbeat() -> None:
    tables = read([("t.yml", "name: services\nrows: [{value: web}]\n")], [])
    text = (
        "title: x\ntocsin.heartbeat: {inventory: services}\ncorrelation: {type: temporal, rules: [a, b],"
        " group-by: [service], timespan: 10s, condition: a and not b}\n"
    )
    rules = load([("a", BASE.format("a")), ("b", BASE.format("b")), ("x", text)], tables=tables)
    watched = watched_rules(rules.rules, rules.correlations, rules.by_reference(), tables.tables)[-1]
    assert type(window_for(watched, '["web"]', GroupState())).__name__ == "Heartbeat"
    assert type(window_for(watched, '["db"]', GroupState())).__name__ == "Absence"


def test_firings_are_told_once_to_those_that_build_on_them(load_sound: Any) -> None:
    text = "title: x\nname: x\n"
    text += "correlation: {type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}}\n"
    chain = "title: y\ncorrelation: {type: temporal, rules: [x, b], timespan: 1m}\n"
    rules = load_sound(BASE.format("a"), BASE.format("b"), text, chain)
    child = watched_rules(rules.rules, rules.correlations, rules.by_reference(), {})[2]
    first = weighed(child, "g", GroupState(), [hit(at) for at in range(8)], span(0, 0))
    assert [firing.time // SECOND for firing in first.firings] == [1, 2, 3, 4, 5, 6, 7]
    # Now they are settled; what lies before the watermark was told.
    second = weighed(child, "g", first.state, [hit(8)], span(6, 8))
    assert [firing.time // SECOND for firing in second.firings] == [6, 7, 8]
