"""What did not come is told at its deadline, never before, and silence of the inventory too."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating.absence import Silence
from tocsin.detection.correlating.feeding import watched_rules
from tocsin.detection.engine import compile_plan
from tocsin.detection.sigma.tables import read
from tocsin.detection.state import Held, WindowState, micros

RULE = """---
title: x
correlation:
  type: temporal
  rules: [a, b]
  group-by: [service]
  timespan: 60s
  condition: a and not b
"""
ORDERED = (
    RULE.replace("temporal", "temporal_ordered")
    .replace("[a, b]", "[a, b, c]")
    .replace("a and not b", "a and b and not c")
)


def one(word: str, service: str = "web") -> dict[str, Any]:
    return {word: 1, "service": service}


@pytest.mark.parametrize(
    ("story", "end", "counts"),
    [
        ([(0, one("a"))], 120, []),
        ([(0, one("a"))], 120.000001, [1]),
        ([(0, one("a")), (60, one("b"))], 500, []),
        ([(0, one("a")), (60.000001, one("b"))], 500, [1]),
        ([(0, one("b")), (1, one("a"))], 500, [1]),
        ([(0, one("a")), (0, one("b"))], 500, []),
        ([(0, one("a")), (30, one("a")), (200, one("a"))], 900, [2, 1]),
        ([(0, one("a")), (1, one("b", "db"))], 500, [1]),
    ],
)
def test_absence_is_decided_at_the_deadline(tell: Any, story: Any, end: float, counts: list[int]) -> None:
    assert [alert.count for alert in tell(RULE, story, end)] == counts


def test_the_alert_lasts_from_the_signal_to_the_deadline(tell: Any, make_signal: Any) -> None:
    (alert,) = tell(RULE, [(5, one("a"))], 500)
    start = make_signal({}).time
    assert ((alert.first_seen - start).seconds, (alert.last_seen - start).seconds) == (5, 65)
    assert (alert.group, alert.measured) == ((("service", "web"),), "1 rules together in 1m")


@pytest.mark.parametrize(
    ("story", "counts"),
    [
        ([(0, one("a")), (10, one("b"))], [2]),
        ([(0, one("a")), (10, one("b")), (20, one("c"))], []),
        ([(0, one("b")), (10, one("a"))], []),
    ],
)
def test_absence_can_follow_an_order(tell: Any, story: Any, counts: list[int]) -> None:
    assert [alert.count for alert in tell(ORDERED, story, 900)] == counts


def test_what_the_end_of_input_leaves_open_is_counted(load_sound: Any, make_signal: Any, levels: Any) -> None:
    base = (
        "title: {0}\nname: {0}\nlogsource: {{category: test}}\ndetection: {{s: {{{0}: 1}}, condition: s}}\n"
    )
    plan = compile_plan(load_sound(base.format("a"), base.format("b"), RULE[4:]), levels=levels)
    signals = [make_signal({"category": "test", **one("a")}, at=at, position=at) for at in (0, 30)]
    state = plan.judge(WindowState(), signals).state
    assert plan.finish(state).alerts == ()
    finished = plan.finish(state, heard=micros(make_signal({}, at=60).time))
    assert [alert.count for alert in finished.alerts] == [2]
    assert [(each.what, each.count) for each in plan.diagnostics(finished.state)] == [
        ("incomplete_window", 1)
    ]


TABLES = read([("t.yml", "name: services\nkey: service\nrows: [{service: web}, {service: Db}]\n")], [])
BEAT = RULE.replace("correlation:", "tocsin.heartbeat: {inventory: services}\ncorrelation:")


def told(alerts: Any, start: Any) -> list[tuple[Any, ...]]:
    found = [
        (
            a.group[0][1],
            (a.first_seen - start).total_seconds(),
            (a.last_seen - start).total_seconds(),
            a.count,
        )
        for a in alerts
    ]
    return sorted(found)


@pytest.mark.parametrize(
    ("story", "end", "found"),
    [
        # Nobody sends: both are silent since the first thing that was heard, told once.
        ([(0, {"z": 1})], 900, [("Db", 0, 60, 0), ("web", 0, 60, 0)]),
        ([(0, {"z": 1})], 120, []),
        # Whoever sends b is heard; whoever is not in the inventory is not missed.
        ([(0, one("b")), (50, one("b")), (100, one("b", "db"))], 120, []),
        ([(0, one("b")), (50, one("b"))], 170.5, [("Db", 0, 60, 0), ("web", 50, 110, 0)]),
        ([(0, one("b")), (10, one("b", "other"))], 140, [("Db", 0, 60, 0), ("web", 0, 60, 0)]),
        # Heard, silent, heard, silent: two silences.
        (
            [(0, one("b")), (0, one("b", "db")), (200, one("b")), (200, one("b", "db"))],
            900,
            [("Db", 0, 60, 0), ("Db", 200, 260, 0), ("web", 0, 60, 0), ("web", 200, 260, 0)],
        ),
        ([(0, one("a")), (30, one("b"))], 151, [("Db", 0, 60, 0), ("web", 30, 90, 0)]),
        # A deployment that did not become healthy is told as that, and the silence behind it with it.
        ([(0, one("a")), (10, one("b", "db"))], 125, [("web", 0, 60, 1)]),
    ],
)
def test_who_of_the_inventory_sends_nothing_is_told(
    tell: Any, make_signal: Any, story: Any, end: float, found: Any
) -> None:
    assert told(tell(BEAT, story, end, TABLES), make_signal({}).time) == found


OUTAGE = (
    BEAT.replace("correlation:", "name: down\ncorrelation:")
    + """
---
title: outage
correlation: {type: value_count, rules: [down], timespan: 10m, condition: {field: service, gte: 2}}
"""
)


def test_silences_are_counted_by_what_names_them_and_told_by_it_alone(tell: Any) -> None:
    (found,) = tell(OUTAGE, [(0, one("b")), (20, one("b", "db"))], 900, TABLES)
    assert (found.rule_title, found.count, found.evidence) == ("outage", 2, ())


def test_an_older_signal_moves_the_beginning_of_the_watch(tell: Any, make_signal: Any) -> None:
    found = told(tell(BEAT, [(30, {"z": 1}), (0, {"z": 1})], 900, TABLES), make_signal({}).time)
    assert found == [("Db", 0, 60, 0), ("web", 0, 60, 0)]


def test_silence_knows_what_was_missed(load_sound: Any) -> None:
    base = "title: {0}\nname: {0}\nlogsource: {{category: test}}\ndetection: {{s: {{{0}: 1}}, condition: s}}"
    for text, missed in ((ORDERED.replace("_ordered", ""), 2), (ORDERED, None)):
        rules = load_sound(*(base.format(word) for word in "abc"), text[4:])
        watched = watched_rules(rules.rules, rules.correlations, rules.by_reference(), {})[-1]
        silence = Silence(watched, rules.correlations[0])
        for time, slots in ((1, 2), (2, 1)):
            silence.add([Held(time, "s", time, slots)])
        assert silence.copy().missed(1, 1) == missed
        assert (silence.anchors(4), silence.anchors(1), silence.holds(0)) == (False, True, None)
        silence.add([Held(3, "s", 3, 2)])
        assert silence.missed(1, 1) == 2
        silence.add([Held(4, "s", 4, 4)])
        assert silence.missed(1, 1) is None
