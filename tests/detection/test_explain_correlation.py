"""A correlation says what it measured at each signal, and what would have been needed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tocsin.detection.explain_correlation import CorrelationReason, Fed, Fired, explain_correlation, needed
from tocsin.detection.rules import load
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.extension import Heartbeat

RULES = """
title: A
name: a
logsource: {category: web}
detection: {s: {k: a}, condition: s}
level: low
---
title: B
name: b
logsource: {category: web}
detection: {s: {k: b}, condition: s}
level: low
---
"""


def _correlation(inner: str, more: str = "") -> Correlation:
    text = f"{RULES}title: C\nname: c\nlevel: low\ncorrelation: {{timespan: 1m, {inner}}}\n{more}"
    found = load([("r.yml", text)])
    assert found.problems == ()
    return found.correlations[0]


def _explained(
    correlation: Correlation,
    make_signal,
    *fed: tuple[float, str, dict[str, Any]],
    fired: list[Fired] | None = None,
) -> CorrelationReason:
    return explain_correlation(
        correlation,
        [
            Fed(signal=make_signal(record, at, position=number), rules=tuple(rules.split()))
            for number, (at, rules, record) in enumerate(fed)
        ],
        fired,
    )


PERCENTILE = "type: value_percentile, rules: [a]"
COUNT = "type: event_count, rules: [a], group-by: [user], condition: {gte: 3}"


def test_a_count_is_told_step_by_step_within_the_window(make_signal) -> None:
    reason = _explained(
        _correlation(COUNT), make_signal, *((at, "a", {"user": "ann"}) for at in (0, 30, 60, 121))
    )
    (group,) = reason.groups
    assert [(step.measured, step.holds) for step in group.steps] == [
        (1, False),
        (2, False),
        (3, True),
        (1, False),
    ]
    assert reason.holds
    assert group.nearest is group.steps[2]
    assert (reason.needed, reason.span, reason.fed, reason.excluded) == ("at least 3 signals", 60, 4, 0)


def test_groups_are_told_apart_without_regard_to_case_the_nearest_first(make_signal) -> None:
    reason = _explained(
        _correlation(COUNT),
        make_signal,
        (0, "a", {"user": "ben"}),
        (1, "a", {"user": "Ann"}),
        (2, "a", {"user": "ann"}),
        (3, "a", {}),
    )
    assert [group.group for group in reason.groups] == [(("user", "Ann"),), (("user", "ben"),)]
    assert (reason.excluded, reason.holds) == (1, False)
    assert reason.groups[0].nearest.measured == 2


def test_the_lines_say_what_was_needed(make_signal) -> None:
    lines = list(_explained(_correlation(COUNT), make_signal, (0, "a", {"user": "ann"})).lines())
    assert lines == [
        "C: needs at least 3 signals within 60 s",
        "  1 signals of its rules, 0 without a field of the group",
        "- user=ann: measured 1 at 2026-03-02T09:00:00+00:00",
        "    - 2026-03-02T09:00:00+00:00 a: 1",
    ]
    everybody = _correlation("type: event_count, rules: [a], condition: {gte: 1}")
    assert "+ all: measured 1" in list(_explained(everybody, make_signal, (0, "a", {})).lines())[2]


@pytest.mark.parametrize(
    ("inner", "values", "measured"),
    [
        ("type: value_count, rules: [a], condition: {field: v, gte: 9}", ["x", "X", "y", None], 2),
        ("type: value_sum, rules: [a], condition: {field: v, gte: 99}", [1, "2.5", "x", None], 3.5),
        ("type: value_avg, rules: [a], condition: {field: v, gte: 99}", [1, 2, 6], 3),
        ("type: value_median, rules: [a], condition: {field: v, gte: 99}", [1, 2, 9, 4], 3),
        (
            "type: value_percentile, rules: [a], condition: {field: v, gte: 99, percentile: 50}",
            [1, 2, 9, 4],
            3,
        ),
        ("type: value_percentile, rules: [a], condition: {field: v, gte: 99, percentile: 100}", [1, 2], 2),
        ("type: value_avg, rules: [a], condition: {field: v, gte: 99}", ["x"], 0),
    ],
)
def test_values_are_measured_as_the_kind_says(
    inner: str, values: list[Any], measured: float, make_signal
) -> None:
    fed = [(0.0, "a", {} if value is None else {"v": value}) for value in values]
    (group,) = _explained(_correlation(inner), make_signal, *fed).groups
    assert group.steps[-1].measured == pytest.approx(measured)


def test_temporal_counts_the_rules_that_were_seen(make_signal) -> None:
    both = _correlation("type: temporal, rules: [a, b]")
    assert needed(both) == "at least 2 of its rules"
    (group,) = _explained(both, make_signal, (0, "a", {}), (1, "a", {}), (2, "b", {})).groups
    assert [step.measured for step in group.steps] == [1, 1, 2]
    assert group.holds


def test_ordered_rules_must_come_strictly_one_after_the_other(make_signal) -> None:
    ordered = _correlation("type: temporal_ordered, rules: [a, b]")
    (same,) = _explained(ordered, make_signal, (0, "a", {}), (0, "b", {})).groups
    assert same.nearest.measured == 1
    (turned,) = _explained(ordered, make_signal, (0, "b", {}), (1, "a", {})).groups
    assert not turned.holds
    (right,) = _explained(ordered, make_signal, (0, "a", {}), (1, "b", {}), (2, "b", {})).groups
    assert right.steps[-1].measured == 2


def test_aliases_name_the_field_of_each_rule(make_signal) -> None:
    named = _correlation(
        "type: temporal, rules: [a, b], group-by: [who], aliases: {who: {a: actor, b: target}}"
    )
    (group,) = _explained(named, make_signal, (0, "a", {"actor": "ann"}), (1, "b", {"target": "ANN"})).groups
    assert group.holds


def test_what_extensions_demand_besides_is_told(make_signal) -> None:
    ratio = _correlation(
        "type: event_count, rules: [a], condition: {gte: 1}",
        "tocsin.ratio: {of: [a, b], min: 5, gt: 0.5}\ntocsin.for: 2m\n",
    )
    told = _explained(ratio, make_signal, (0, "a", {})).also
    assert told == (
        "a share of the signals of a, b that is above 0.5, of at least 5",
        "that this lasts for 120 s",
    )
    new = _correlation(
        "type: value_count, rules: [a], group-by: [user], condition: {field: ip, gte: 1}",
        "tocsin.new_value: {field: ip, history: 30d, warmup: 7d}\n",
    )
    assert "value of ip that is new" in _explained(new, make_signal).also[0]
    absent = _correlation("type: temporal, rules: [a, b], condition: a and not b")
    reason = _explained(absent, make_signal)
    assert "decided at the deadline" in reason.also[0]
    assert "  also its condition" in list(reason.lines())[1]
    usual = _correlation(
        "type: event_count, rules: [a], group-by: [user], condition: {gte: 20}",
        "tocsin.baseline: {history: 28d, season: none, method: tail, p: 1.0e-4, min: 20, warmup: 7d}\n",
    )
    assert "count of at least 20" in _explained(usual, make_signal).also[0]


def test_a_range_has_two_bounds(make_signal) -> None:
    ranged = _correlation("type: event_count, rules: [a], condition: {gt: 1, lte: 2}")
    (group,) = _explained(ranged, make_signal, *((n, "a", {}) for n in range(3))).groups
    assert [step.holds for step in group.steps] == [False, True, False]
    assert needed(ranged) == "above 1 and at most 2 signals"


def test_the_plain_form_is_json(make_signal) -> None:
    record = _explained(_correlation(COUNT), make_signal, (0, "a", {"user": "ann"})).record()
    assert json.loads(json.dumps(record)) == record
    assert record["groups"][0]["steps"] == [
        {"at": "2026-03-02T09:00:00Z", "rules": ["a"], "measured": 1.0, "holds": False}
    ]


ABSENT = "type: temporal, rules: [a, b], group-by: [user], condition: a and not b"
NINE = 1_772_442_000_000_000
"""2026-03-02 09:00 UTC in microseconds."""


def _alert(user: str, measured: str = "") -> Fired:
    return Fired(group=(("user", user),), at=NINE, measured=measured)


def test_the_verdict_is_whether_an_alert_came_out_not_what_the_steps_say(make_signal) -> None:
    fed = [(at, "a", {"user": user}) for user in ("ann", "ben") for at in (0, 1, 2)]
    reason = _explained(_correlation(COUNT), make_signal, *fed, fired=[_alert("BEN", "3 >= 3 signals")])
    assert [(group.group[0][1], group.holds) for group in reason.groups] == [("ben", True), ("ann", False)]
    assert reason.groups[0].notes == ("alert: 3 >= 3 signals",)
    assert reason.groups[1].notes == (
        "no alert although its bounds held: "
        "it also needs that its window has ended by the last signal, and holds then",
    )
    assert not _explained(_correlation(COUNT), make_signal, *fed, fired=[]).holds
    few = _explained(_correlation(COUNT), make_signal, fed[0], fired=[])
    assert few.groups[0].notes == ()


def test_what_was_never_seen_holds_and_what_was_seen_does_not(make_signal) -> None:
    reason = _explained(
        _correlation(ABSENT),
        make_signal,
        (0, "a", {"user": "bob"}),
        (0, "a", {"user": "cat"}),
        (9, "b", {"user": "cat"}),
        (500, "a", {"user": "cat"}),
        fired=[_alert("bob")],
    )
    assert reason.needed == "`a and not b` of its rules"
    bob, cat = reason.groups
    assert (bob.group, bob.holds, cat.holds) == ((("user", "bob"),), True, False)
    assert bob.notes == ("by the deadline 2026-03-02T09:01:00Z seen: a; not seen: b",)
    assert cat.notes == ("by the deadline 2026-03-02T09:01:00Z seen: a, b; not seen: none",)
    assert [step.holds for step in cat.steps] == [True, False, True]


def test_a_deadline_behind_the_last_signal_is_named(make_signal) -> None:
    (group,) = _explained(_correlation(ABSENT), make_signal, (0, "a", {"user": "bob"}), fired=[]).groups
    assert not group.holds
    assert "which is decided at the deadline" in group.notes[1]


def test_a_heartbeat_says_whose_silence_is_told(make_signal) -> None:
    beat = _correlation(ABSENT)
    extensions = replace(beat.extensions, heartbeat=Heartbeat(inventory="hosts"))
    told = _explained(replace(beat, extensions=extensions), make_signal).also
    assert told[1] == "silence, which is told also of those in the table hosts that sent nothing"


def test_a_group_that_sent_nothing_is_told_when_its_silence_fired(make_signal) -> None:
    reason = _explained(_correlation(ABSENT), make_signal, fired=[_alert("eve", "nothing in 1m")])
    assert list(reason.lines())[-2:] == [
        "+ user=eve: measured 0 at 2026-03-02T09:00:00+00:00",
        "    alert: nothing in 1m",
    ]
    assert reason.record()["groups"][0]["notes"] == ["alert: nothing in 1m"]


@pytest.mark.parametrize(
    ("condition", "steps"),
    [
        ("a or b", [True, True]),
        ("a and b", [False, True]),
        ("a and not (a and b)", [True, False]),
        ("a and (b or not b)", [True, True]),
    ],
)
def test_a_condition_over_the_rules_is_asked_at_each_step(
    condition: str, steps: list[bool], make_signal
) -> None:
    correlation = _correlation(f"type: temporal, rules: [a, b], condition: {condition}")
    (group,) = _explained(correlation, make_signal, (0, "a", {}), (1, "b", {})).groups
    assert [step.holds for step in group.steps] == steps
    assert needed(correlation) == f"`{condition}` of its rules"


@pytest.mark.parametrize(
    ("extension", "told"),
    [
        ("tocsin.window: tumbling", "that it holds in a tumbling window"),
        (
            "tocsin.window: session\ntocsin.gap: 15s",
            "that it holds in a session window that ends with a gap of 15 s",
        ),
        ("tocsin.for: 2m", "that this lasts for 120 s"),
    ],
)
def test_the_extension_that_kept_an_alert_back_is_named(extension: str, told: str, make_signal) -> None:
    correlation = _correlation("type: event_count, rules: [a], condition: {gte: 1}", extension + "\n")
    (group,) = _explained(correlation, make_signal, (0, "a", {}), fired=[]).groups
    assert group.notes == (f"no alert although its bounds held: it also needs {told}",)
