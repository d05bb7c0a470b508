"""A user's window against the user's own past: judged while it runs, learned when it is over."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tocsin.detection.correlating.habit import nobody
from tocsin.detection.engine import compile_plan, latest
from tocsin.detection.state import POPULATION, WindowState, micros

DAY = 86_400
BASE = "title: a\nname: a\nlogsource: {category: test}\ndetection: {s: {a: 1}, condition: s}\n"
RULE = """title: x
tocsin.baseline:
  {history: 28d, season: none, method: tail, p: 1.0e-4, min: 20, warmup: 7d, freeze_on_alert: true}
correlation:
  type: event_count
  rules: [a]
  group-by: [user]
  timespan: 1d
  condition: {gte: 20}
"""


def days(counts: dict[int, int], user: str = "ada", **more: Any) -> list[tuple[float, dict[str, Any]]]:
    """Return signals: so many on each day (0 is a Monday), a minute apart from nine o'clock on."""
    return [
        (day * DAY + number * 60, {"a": 1, "user": user, **more})
        for day, count in counts.items()
        for number in range(count)
    ]


@pytest.fixture
def judge(load_sound: Any, make_signal: Any, levels: Any) -> Any:
    """Judge stories in order, day by day, and return (user, day, count, note) of each alert."""

    def run(rule: str, *stories: Any, size: int = 40, stored: bool = False) -> list[tuple[Any, ...]]:
        plan = compile_plan(load_sound(BASE, rule), levels=levels)
        merged = sorted((each for story in stories for each in story), key=lambda each: each[0])
        signals = [
            make_signal({"category": "test", **record}, at=at, position=number)
            for number, (at, record) in enumerate(merged)
        ]
        state, told = WindowState(), []
        for start in range(0, len(signals), size):
            judged = plan.judge(state, signals[start : start + size])
            state = WindowState.load(judged.state.dump()) if stored else judged.state
            told += judged.alerts
        told += plan.finish(state).alerts
        first = make_signal({}).time
        return [
            (alert.group[0][1], (alert.first_seen - first).days, alert.count, alert.description)
            for alert in latest(told)
        ]

    return run


USUAL = {day: 5 for day in range(28)}


def test_far_more_than_usual_is_told_with_its_reason(judge: Any) -> None:
    ((user, day, count, note),) = judge(RULE, days({**USUAL, 28: 60}))
    assert (user, day, count) == ("ada", 28, 60)
    assert note == "60 signals, usual 5 (28 days), probability below 1 in 1,000,000,000,000,000"


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_no_cut_into_batches_changes_what_is_told(judge: Any, size: int) -> None:
    chance = random.Random(7)
    stories = [
        days({day: chance.choice([0, 3, 3, 4, 60]) for day in range(12)}, user, role=role)
        for user, role in (("ada", "x"), ("ben", "x"), ("eve", "y"))
    ]
    rule = RULE.replace("warmup: 7d", "warmup: 3d, peer: role").replace("p: 1.0e-4", "p: 1.0e-2")
    found = judge(rule, *stories, size=size, stored=size == 7)
    assert found == judge(rule, *stories)
    assert found


def test_what_is_usual_is_not_told(judge: Any) -> None:
    assert judge(RULE, days({**USUAL, 28: 19})) == []
    assert judge(RULE, days({day: 25 for day in range(40)})) == []


def test_before_warm_up_the_peers_stand_in(judge: Any) -> None:
    eager = [days(USUAL, f"u{number}") for number in range(4)]
    (found,) = judge(RULE, *eager, days({20: 80}, "new"))
    assert found[:3] == ("new", 20, 80)
    assert judge(RULE, days({0: 80}, "alone")) == []
    assert judge(RULE, days({0: 4, 1: 80}, "alone")) == []


def test_where_nobody_is_known_nothing_is_usual() -> None:
    assert nobody(0, "").windows == 0


def test_peers_are_those_of_the_same_kind(judge: Any) -> None:
    rule = RULE.replace("warmup: 7d", "warmup: 7d, peer: role")
    busy = [days({day: 70 for day in range(15)}, f"b{number}", role="bot") for number in range(3)]
    calm = [days({day: 5 for day in range(15)}, f"c{number}", role="person") for number in range(3)]
    found = judge(
        rule, *busy, *calm, days({12: 60}, "newbot", role="bot"), days({12: 60}, "eve", role="person")
    )
    assert {each[0] for each in found if each[1] == 12} == {"eve"}


def test_an_attacker_cannot_teach_what_is_usual(judge: Any) -> None:
    attack = {**USUAL, 28: 60, 31: 60, 34: 60, 37: 60}
    assert [each[1] for each in judge(RULE, days(attack))] == [28, 31, 34, 37]
    learning = RULE.replace("freeze_on_alert: true", "freeze_on_alert: false")
    assert len(judge(learning, days(attack))) < 4


def test_who_was_frozen_for_a_whole_history_is_still_told_beside_the_peers(judge: Any) -> None:
    loud = days({**USUAL, **{day: 60 for day in range(28, 70)}})
    peers = (days({day: 5 for day in range(70)}, f"peer{number}") for number in range(3))
    assert [each[:3] for each in judge(RULE, loud, *peers)] == [("ada", 28, 60 * 42)]


def test_seasons_are_compared_with_themselves(judge: Any) -> None:
    office = {day: 40 for day in range(35) if day % 7 < 5}
    weekly = RULE.replace("season: none", "season: weekday_type")
    assert judge(weekly, days({day: 40 + day % 3 for day in range(35) if day % 7 < 5})) == []
    ((_, day, _, note),) = judge(weekly, days({**office, 33: 40}))
    assert (day, "weekends" in note) == (33, True)


def test_excluded_days_are_neither_judged_nor_learned(judge: Any) -> None:
    rule = RULE.replace("warmup: 7d", "warmup: 7d, exclude: [2026-03-30/2026-03-31]")
    assert judge(rule, days({**USUAL, 28: 60, 29: 60})) == []
    assert [each[1] for each in judge(rule, days({**USUAL, 28: 60, 29: 60, 30: 60}))] == [30]


def test_other_methods_are_ratio_and_mad(judge: Any) -> None:
    ratio = RULE.replace("method: tail, p: 1.0e-4", "method: ratio, ratio: 3")
    ((_, _, count, note),) = judge(ratio, days({**USUAL, 28: 60}))
    assert (count, note) == (60, "60 signals, usual 5 (28 days)")
    mad = RULE.replace("method: tail, p: 1.0e-4", "method: mad, ratio: 6")
    assert [each[2] for each in judge(mad, days({**USUAL, 28: 60}))] == [60]


def test_what_is_usual_is_kept_in_a_shard_of_its_own(load_sound: Any, make_signal: Any, levels: Any) -> None:
    plan = compile_plan(load_sound(BASE, RULE), levels=levels)
    state = WindowState()
    dirty = []
    for day in range(3):
        signal = make_signal({"category": "test", "a": 1, "user": "ada"}, at=day * DAY, position=day)
        judged = plan.judge(state, [signal], heard=micros(signal.time) + 70_000_000)
        state = judged.state
        dirty.append(POPULATION in judged.dirty)
    assert all(dirty)
    (known,) = state.shards[POPULATION].populations.values()
    assert list(known.values()) == [(1.0, 1.0, 2)]
