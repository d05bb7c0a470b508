"""promtool's test files run unchanged and say the same."""

from __future__ import annotations

import pytest

from tocsin.detection.problems import RuleProblem
from tocsin.detection.testing.promtool import is_promtool, run_promtool
from tocsin.detection.testing.result import Result

ALERTS = """
groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        for: 2m
        labels: {severity: page}
        annotations: {summary: '{{ $labels.job }} is down'}
"""
HEAD = "rule_files: [alerts.yml]\nevaluation_interval: 1m\ntests:\n"
SERIES = "input_series: [{series: 'up{job=\"shop\"}', values: '1 0x10'}]"


def _run(tests: str, rules: str | RuleProblem = ALERTS) -> tuple[Result, ...]:
    return run_promtool("t.yml", HEAD + tests, lambda name: rules)


def test_an_alert_fires_when_it_should() -> None:
    waits, fires = _run(
        f"  - interval: 1m\n    name: outage\n    {SERIES}\n    alert_rule_test:\n"
        "      - {eval_time: 2m, alertname: Down}\n"
        "      - eval_time: 3m30s\n        alertname: Down\n"
        "        exp_alerts:\n          - exp_labels: {job: shop, severity: page}\n"
        "            exp_annotations: {summary: shop is down}\n"
    )
    assert (waits.passed, waits.fires, waits.rules) == (True, False, ("Down",))
    assert (fires.passed, fires.fires, fires.name) == (True, True, "outage: Down at 3m30s")
    assert fires.line > waits.line


def test_what_differs_is_said() -> None:
    missing, extra = _run(
        f"  - {SERIES}\n    alert_rule_test:\n"
        "      - {eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {job: shop}}]}\n"
        "      - {eval_time: 5m, alertname: Down, exp_alerts: []}\n"
    )
    assert missing.differences == ("expected {alertname=Down, job=shop}; did not fire",)
    assert extra.differences == (
        "fires, not expected: {alertname=Down, job=shop, severity=page} (summary: shop is down)",
    )


def test_expressions_are_answered() -> None:
    good, wrong, scalar, refused, text = _run(
        f"  - {SERIES}\n    promql_expr_test:\n"
        "      - {expr: sum(up), eval_time: 0, exp_samples: [{labels: '{}', value: 1}]}\n"
        "      - {expr: up, eval_time: 1m, exp_samples: [{labels: 'up{job=\"shop\"}', value: 7},"
        " {labels: x, value: NaN}]}\n"
        "      - {expr: 1 + 1, eval_time: 1m, exp_samples: [{value: 2}]}\n"
        "      - {expr: up +, eval_time: 1m, exp_samples: []}\n"
        "      - {expr: '\"x\"', eval_time: 1m, exp_samples: null}\n"
    )
    assert good.passed
    assert [each.split("; ")[1] for each in wrong.differences] == ["came as 0", "did not come"]
    assert scalar.passed
    assert len(refused.differences) == 1
    assert text.passed


def test_what_came_besides_is_told_and_nan_is_nan() -> None:
    extra, nan = _run(
        f"  - {SERIES}\n    promql_expr_test:\n      - {{expr: up, eval_time: 1m}}\n"
        "      - {expr: sum(up) / sum(up), eval_time: 1m, exp_samples: [{value: NaN}]}\n"
    )
    assert extra.differences[0].startswith("came, not expected")
    assert nan.passed


def test_an_alert_that_no_rule_has_is_told() -> None:
    (result,) = _run(f"  - {SERIES}\n    alert_rule_test: [{{eval_time: 1m, alertname: Nobody}}]\n")
    assert result.differences == ("no loaded rule is named Nobody",)


def test_a_rule_that_fails_says_so() -> None:
    many = ALERTS.replace("up == 0", "up * on(job) group_left up2")
    up2 = ", ".join(f'{{series: \'up2{{job="a",i="{i}"}}\', values: 1x5}}' for i in (1, 2))
    series = f"input_series: [{{series: 'up{{job=\"a\"}}', values: 1x5}}, {up2}]"
    (result,) = _run(f"  - {series}\n    alert_rule_test: [{{eval_time: 1m, alertname: Down}}]\n", many)
    assert result.differences[0].startswith("Down: ")


@pytest.mark.parametrize(
    ("tests", "name"),
    [
        ("  - {input_series: [{series: '{{', values: 1}]}\n", "the test can be read"),
        ("  - {alert_rule_test: [{eval_time: soon, alertname: x}]}\n", "the test can be read"),
        ("  - {promql_expr_test: [{expr: x, exp_samples: [{value: much}]}]}\n", "the test can be read"),
        ("  - {promql_expr_test: [{expr: x, exp_samples: [{labels: '{{'}]}]}\n", "the test can be read"),
        ("  - 1\n", "the file can be read"),
        ("  - {unknown: 1}\n", "the file can be read"),
    ],
)
def test_what_cannot_be_read_is_a_broken_result(tests: str, name: str) -> None:
    (result,) = _run(tests)
    assert (result.is_broken, result.name) == (True, name)


def test_rules_that_cannot_be_loaded_are_told() -> None:
    problem = RuleProblem(path="alerts.yml", line=1, column=1, rule="", reason="Gone.", next_step="Mend.")
    (result,) = _run("  []\n", problem)
    assert (result.is_broken, result.name) == (True, "its rules can be loaded")


def test_a_file_without_tests_says_nothing() -> None:
    assert run_promtool("t.yml", "rule_files: []\n", lambda name: ALERTS) == ()
    assert is_promtool(HEAD)
    assert not is_promtool("rule: x\n")


def test_labels_may_be_left_empty() -> None:
    (result,) = _run(
        f"  - {SERIES}\n    alert_rule_test:\n"
        "      - {eval_time: 5m, alertname: Down, exp_alerts: [{exp_labels: null, exp_annotations: null}]}\n"
    )
    assert len(result.differences) == 2
