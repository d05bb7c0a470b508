from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from skips import skip_or_fail
from tocsin.detection.promql.notation import samples_of
from tocsin.detection.promql.rehearsal import Rehearsal
from tocsin.detection.promql.rule_files import load

PROOF = Path(__file__).resolve().parents[3] / "proofs" / "promtool_differential.py"
RULES = """
groups:
  - name: g
    interval: 5m
    rules:
      - {alert: Down, expr: up == 0, for: 1m}
      - {alert: Ahead, expr: up offset -5m == 0}
      - {alert: Broken, expr: 'up / on () up'}
"""


def _rehearsal(values: str, **more: str) -> Rehearsal:
    groups = load([("f", RULES)]).groups
    series = [
        each for name, text in {"up": values, **more}.items() for each in samples_of(name, text, 60_000)
    ]
    return Rehearsal(groups, series, 60_000)


def test_every_group_is_evaluated_at_the_test_s_interval() -> None:
    moments = list(_rehearsal("1 0 0 0 1").moments(240_000))
    assert [moment.at_ms for moment in moments] == [0, 60_000, 120_000, 180_000, 240_000]
    assert [len(moment.firing("Down")) for moment in moments] == [0, 0, 1, 1, 0]
    assert [len(moment.alerts) for moment in moments][1:3] == [3, 3]


def test_the_future_is_not_known() -> None:
    moments = list(_rehearsal("1 1 1 1 1 1 0").moments(180_000))
    assert [len(moment.firing("Ahead")) for moment in moments] == [0, 0, 0, 0]


def test_a_rule_that_fails_is_told() -> None:
    (moment,) = _rehearsal("1", **{'up{a="1"}': "1"}).moments(0)
    assert [fault.rule.name for fault in moment.faults] == ["Broken"]
    assert [each.rule.name for each in moment.firing()] == []


def test_questions_are_answered_from_what_was_known_at_the_last_moment() -> None:
    rehearsal = _rehearsal("0+1x10")
    list(rehearsal.moments(180_000))
    assert rehearsal.answer("up", 210_000)[0].value == 3.0
    assert rehearsal.answer("count(ALERTS)", 0)[0].value >= 1.0


@pytest.mark.real
def test_promtool_says_the_same(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        skip_or_fail("promtool is not installed (Debian: prometheus)")
    spec = importlib.util.spec_from_file_location("promtool_differential", PROOF)
    proof = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = proof
    spec.loader.exec_module(proof)
    cases, alerts, answers, differences = proof.run(40, 160, 7, tmp_path)
    assert (cases, alerts > 2000, answers > 120) == (40, True, True)
    assert differences == []
