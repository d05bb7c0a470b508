"""A slow source delays only the rules that it feeds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.detection.correlating.hearing import Hearing
from tocsin.detection.engine import Hit, compile_plan
from tocsin.detection.rules import load
from tocsin.detection.state import NEVER, WindowState, micros
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

RULES = """
title: Started
name: started
logsource: {category: deployment}
detection: {selection: {action: started}, condition: selection}
---
title: Healthy
name: healthy
logsource: {category: deployment}
detection: {selection: {action: healthy}, condition: selection}
---
title: Never healthy
name: never_healthy
correlation:
  type: temporal
  rules: [started, healthy]
  group-by: [service]
  timespan: 10m
  condition: started and not healthy
level: high
"""
CHAIN = """
---
title: Two services never healthy
correlation: {type: value_count, rules: [never_healthy], timespan: 1h, condition: {field: service, gte: 2}}
level: critical
"""


@pytest.fixture
def plan():
    return compile_plan(load([("r.yml", RULES)]), levels={"high": Severity.P2, "critical": Severity.P1})


def _hit(plan, source: str, minute: float, action: str = "started", service: str = "api") -> Hit:
    record = {"category": "deployment", "action": action, "service": service}
    time = NOON + timedelta(minutes=minute)
    signal = Signal(raw=b"{}", record=record, time=time, source=source, position=int(minute * 60))
    return Hit(signal, (("started", "healthy").index(action),))


def _at(minute: float) -> int:
    return micros(NOON + timedelta(minutes=minute))


def test_a_rule_is_decided_by_its_own_sources_however_slow_others_are(plan) -> None:
    state = plan.weigh(WindowState(), [_hit(plan, "deployer", 0)], heard={"deployer": _at(0)}).state
    judged = plan.weigh(state, [], heard={"deployer": _at(12), "daily": _at(-1000)})
    assert [alert.rule_title for alert in judged.alerts] == ["Never healthy"]


def test_a_rule_waits_for_the_slowest_of_its_sources(plan) -> None:
    hits = [_hit(plan, "deployer", 0), _hit(plan, "probe", -30, "healthy", "other")]
    state = plan.weigh(WindowState(), hits, heard={"deployer": _at(0), "probe": _at(-30)}).state
    judged = plan.weigh(state, [], heard={"deployer": _at(30), "probe": _at(5)})
    assert judged.alerts == ()
    late = plan.weigh(
        judged.state, [_hit(plan, "probe", 6, "healthy")], heard={"deployer": _at(31), "probe": _at(6)}
    )
    assert plan.weigh(late.state, [], heard={"deployer": _at(60), "probe": _at(60)}).alerts == ()


def test_signals_of_a_slow_source_are_not_late_because_others_are_quick(plan) -> None:
    state = plan.weigh(WindowState(), [_hit(plan, "quick", 0)], heard={"quick": _at(0)}).state
    state = plan.weigh(state, [], heard={"quick": _at(500)}).state
    fresh = compile_plan(
        load([("r.yml", RULES.replace("10m", "11m"))]), levels={"high": None, "critical": None}
    )
    judged = fresh.weigh(state, [_hit(plan, "slow", 100)], heard={"quick": _at(500), "slow": _at(100)})
    judged = fresh.weigh(judged.state, [], heard={"quick": _at(500), "slow": _at(120)})
    assert [alert.rule_title for alert in judged.alerts] == ["Never healthy"]
    assert not [each for each in fresh.diagnostics(judged.state) if each.what == "late"]


def test_what_counts_a_correlation_waits_for_the_same_sources() -> None:
    rules = load([("r.yml", RULES + CHAIN)])
    plan = compile_plan(rules, levels={"high": Severity.P2, "critical": Severity.P1})
    hits = [_hit(plan, "a", 0, service="api"), _hit(plan, "b", 1, service="web"), _hit(plan, "a", 0.5)]
    state = plan.weigh(WindowState(), hits, heard={"a": _at(0), "b": _at(1)}).state
    first = plan.weigh(state, [], heard={"a": _at(12.5), "b": _at(12.5)})
    titles = {alert.rule_title for alert in first.alerts}
    assert titles == {"Two services never healthy"}


def test_a_forgotten_source_is_not_waited_for_and_no_source_at_all_is_no_time(plan) -> None:
    state = plan.weigh(WindowState(), [_hit(plan, "gone", 0)], heard={"gone": _at(0)}).state
    assert plan.weigh(state, [], heard={}).alerts == ()
    assert plan.weigh(state, [], heard={"other": _at(12)}).alerts


def test_one_time_for_all_never_goes_back(plan) -> None:
    state = plan.weigh(WindowState(), [], heard=_at(10)).state
    hearing = Hearing(plan._watched, state)
    assert hearing.hear(_at(5)) == _at(10)
    assert (hearing.before(plan._watched[0]), hearing.now(plan._watched[0])) == (_at(10), _at(10))
    assert Hearing(plan._watched, WindowState()).hear({}) == NEVER
