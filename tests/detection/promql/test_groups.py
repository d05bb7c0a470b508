from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.detection.promql.group_state import GroupState, Phase
from tocsin.detection.promql.groups import Gap, evaluate_by, evaluate_group
from tocsin.detection.promql.memory import MemorySamples
from tocsin.detection.promql.notation import samples_of
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.rule_files import load
from tocsin.detection.promql.vector import Point
from tocsin.domain.sample import is_stale

START = datetime(1970, 1, 1, tzinfo=UTC)
CHAIN = """
      - record: down
        expr: up == 0
        labels: {made: here, job: ""}
      - alert: Down
        expr: down == 0
        for: 2m
"""


def _group(rules: str, head: str = ""):
    loaded = load([("f.yml", f"groups:\n  - name: g\n{head}    rules:\n{rules}")])
    assert loaded.problems == ()
    return loaded.groups[0]


def _at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def _samples(**series: str) -> MemorySamples:
    return MemorySamples(each for name, values in series.items() for each in samples_of(name, values, 60_000))


def _play(group, samples, minutes, state=None):
    state = state or GroupState()
    evaluations = []
    for minute in minutes:
        evaluation = evaluate_group(group, samples, _at(minute), state)
        state = GroupState.load(evaluation.state.dump())
        samples.append(evaluation.recorded)
        evaluations.append(evaluation)
    return evaluations


def _phases(evaluation) -> list[str]:
    return [each.alert.phase.value for each in evaluation.alerts]


def test_a_rule_sees_what_those_before_it_recorded() -> None:
    evaluations = _play(_group(CHAIN), _samples(up="0x9"), range(3))
    assert [_phases(each) for each in evaluations] == [["pending"], ["pending"], ["firing"]]
    recorded = dict(evaluations[0].recorded[0].labels)
    assert recorded == {"__name__": "down", "made": "here"}
    assert [each.rule.name for each in evaluations[2].alerts] == ["Down"]


def test_a_series_that_is_written_no_more_ends() -> None:
    evaluations = _play(_group(CHAIN), _samples(up="0 1x9"), range(2))
    ended = {dict(sample.labels)["__name__"] for sample in evaluations[1].recorded if is_stale(sample.value)}
    assert ended == {"down", "ALERTS", "ALERTS_FOR_STATE"}


def test_series_of_a_removed_rule_end_unless_another_writes_them() -> None:
    group = _group(CHAIN)
    samples = _samples(up="0x9")
    (first,) = _play(group, samples, [0])
    assert len([each for each in first.recorded]) == 3
    twin = _group(CHAIN.replace("expr: up == 0", "expr: up == 0 or up == 7"))
    (second,) = _play(twin, samples, [1], first.state)
    assert not any(is_stale(sample.value) for sample in second.recorded)
    (third,) = _play(replace(twin, rules=()), samples, [2], second.state)
    assert len(third.recorded) == 3
    assert all(is_stale(sample.value) for sample in third.recorded)
    assert third.state.rules == {}


def test_two_equal_rules_each_have_their_own_memory() -> None:
    group = _group("      - {alert: A, expr: up == 0}\n      - {alert: A, expr: up == 0}\n")
    (evaluation,) = _play(group, _samples(up="0"), [0])
    assert _phases(evaluation) == ["firing", "firing"]
    assert len(evaluation.state.rules) == 2


def test_time_that_does_not_advance_changes_nothing() -> None:
    group, samples = _group(CHAIN), _samples(up="0x9")
    first, again, back = _play(group, samples, [1, 1, 0])
    assert again.state == first.state == back.state
    assert (again.alerts, back.recorded) == ((), ())


def test_a_gap_is_told_and_does_not_count_towards_for() -> None:
    group, samples = _group("      - {alert: A, expr: up == 0, for: 3m}\n"), _samples(up="0x99")
    evaluations = _play(group, samples, [0, 1, 11, 12, 13])
    assert [each.gap for each in evaluations] == [None, None, Gap(60_000, 660_000), None, None]
    assert [_phases(each) for each in evaluations] == [
        ["pending"],
        ["pending"],
        ["pending"],
        ["firing"],
        ["firing"],
    ]


def test_after_a_long_gap_pending_alerts_start_anew_and_firing_ones_go_on() -> None:
    group = _group("      - {alert: A, expr: up == 0, for: 1m}\n      - {alert: B, expr: up == 0}\n")
    evaluations = _play(group, _samples(up="0x299"), [0, 100, 101, 200, 201])
    assert [_phases(each) for each in evaluations] == [
        ["pending", "firing"],
        ["pending", "firing"],
        ["firing", "firing"],
        ["firing", "firing"],
        ["firing", "firing"],
    ]
    assert evaluations[3].alerts[0].alert.fired_at_ms == 101 * 60_000


def test_a_rule_that_fails_is_told_and_keeps_its_alerts() -> None:
    group = _group("      - {alert: A, expr: 'a / b == 2'}\n      - {record: r, expr: up}\n")
    samples = _samples(**{"a": "4x9", "b": "2x9", 'b{x="1"}': "_ _ 1x9", "up": "1x9"})
    broken = _group("      - {alert: A, expr: 'a / on () b == 2'}\n      - {record: r, expr: up}\n")
    good, fault = _play(broken, samples, [1, 2])
    assert _phases(good) == ["firing"]
    assert [(each.rule.name, "found duplicate series" in each.reason) for each in fault.faults] == [
        ("A", True)
    ]
    key = broken.rules[0].key
    assert fault.state.rules[key] == good.state.rules[key]
    assert [dict(sample.labels)["__name__"] for sample in fault.recorded] == ["r"]
    assert _phases(_play(group, samples, [1])[0]) == ["firing"]


def test_more_results_than_the_limit_are_a_fault_and_drop_the_alerts() -> None:
    rules = "      - {alert: A, expr: up == 0}\n      - {record: r, expr: up}\n"
    group = _group(rules, head="    limit: 1\n")
    series = {'up{a="1"}': "0x9", 'up{a="2"}': "_ 0x9"}
    first, second = _play(group, _samples(**series), [0, 1])
    assert (_phases(first), first.faults) == (["firing"], ())
    assert [each.reason for each in second.faults] == ["exceeded limit of 1 with 2 results."] * 2
    assert second.state.rules[group.rules[0].key].alerts == ()


def test_scalars_are_results_and_texts_are_not() -> None:
    group = _group("      - {alert: Always, expr: '1'}\n      - {record: now, expr: time()}\n")
    (evaluation,) = _play(group, MemorySamples(), [1])
    assert evaluation.alerts[0].alert.labels == (("alertname", "Always"),)
    assert [sample.value for sample in evaluation.recorded if dict(sample.labels)["__name__"] == "now"] == [
        60.0
    ]
    told = evaluate_by(lambda rule, at_ms: "text", lambda samples: None, group, _at(1), GroupState())
    assert [fault.reason for fault in told.faults] == ["rule result is not a vector or scalar."] * 2


def test_a_recording_that_makes_two_series_one_fails() -> None:
    group = _group("      - {record: r, expr: up, labels: {a: same}}\n")
    (evaluation,) = _play(group, _samples(**{'up{a="1"}': "1", 'up{a="2"}': "1"}), [0])
    assert "after applying rule labels" in evaluation.faults[0].reason


def test_another_evaluator_can_be_asked() -> None:
    kept = []

    def ask(rule, at_ms):
        if rule.name == "down":
            raise EvaluationFailed("The server is gone.")
        return [Point((("job", "a"),), 0.0)]

    evaluation = evaluate_by(ask, kept.extend, _group(CHAIN), _at(1), GroupState())
    assert [fault.reason for fault in evaluation.faults] == ["The server is gone."]
    assert kept == list(evaluation.recorded)
    assert evaluation.alerts[0].alert.phase is Phase.PENDING


@pytest.mark.parametrize(("interval", "steps"), [("30s", 5.0), ("1m", 3.0)])
def test_a_subquery_without_a_step_takes_the_group_s_interval(interval: str, steps: float) -> None:
    group = _group(
        "      - {record: r, expr: 'count_over_time(up[2m:])'}\n", head=f"    interval: {interval}\n"
    )
    (evaluation,) = _play(group, _samples(up="1x9"), [2])
    assert [sample.value for sample in evaluation.recorded] == [steps]
