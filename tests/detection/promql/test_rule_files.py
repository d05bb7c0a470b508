from __future__ import annotations

import pytest

from tocsin.detection.problems import RuleProblem
from tocsin.detection.promql.rule import AlertingRule, RecordingRule
from tocsin.detection.promql.rule_files import load, load_with_twins

WHOLE = """\
# A file as Prometheus takes it.
groups:
  - name: first
    interval: 30s
    limit: 5
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels:
          level: 1.50
      - alert: Down
        expr: |
          up
            == 0
        for: 5m
        keep_firing_for: 10m
        labels: {severity: critical, region: }
        annotations:
          summary: '{{ $labels.job }} is down'
  - name: second
    rules:
"""


def _problem(rule: str, *, head: str = "") -> RuleProblem:
    loaded = load([("f.yml", f"groups:\n  - name: g\n{head}    rules:\n{rule}")])
    (problem,) = loaded.problems
    return problem


def test_a_whole_file_is_loaded_as_it_is() -> None:
    loaded = load([("f.yml", WHOLE)])
    assert loaded.problems == ()
    first, second = loaded.groups
    assert (first.path, first.name, first.interval_ms, first.limit) == ("f.yml", "first", 30_000, 5)
    assert (second.name, second.interval_ms, second.limit, second.rules) == ("second", 60_000, 0, ())
    record, alert = first.rules
    assert isinstance(record, RecordingRule)
    assert (record.name, record.labels) == ("job:up:sum", (("level", "1.50"),))
    assert isinstance(alert, AlertingRule)
    assert (alert.name, alert.for_ms, alert.keep_firing_for_ms) == ("Down", 300_000, 600_000)
    assert [(name, template.text) for name, template in alert.labels] == [
        ("region", ""),
        ("severity", "critical"),
    ]
    assert (alert.place.line, alert.place.column) == (11, 9)


@pytest.mark.parametrize("text", ["", "groups:\n", "groups: []\n", "# nothing\n"])
def test_an_empty_file_is_no_fault(text: str) -> None:
    assert load([("f.yml", text)]) == load([])


def test_a_bad_rule_leaves_the_others_alone_and_says_where() -> None:
    rules = "      - {alert: Bad, expr: 'up > ceil2(x)'}\n      - {alert: Good, expr: up}\n"
    text = f"groups:\n  - name: g\n    rules:\n{rules}"
    loaded = load([("f.yml", text)])
    assert [rule.name for rule in loaded.groups[0].rules] == ["Good"]
    (problem,) = loaded.problems
    assert (problem.path, problem.line, problem.column, problem.rule) == ("f.yml", 4, 34, "Bad")
    assert "`ceil2` is unknown" in problem.reason


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ("      - {alert: A, record: b, expr: up}\n", 4, "either `alert` or `record`"),
        ("      - {expr: up}\n", 4, "either `alert` or `record`"),
        ("      - {alert: A}\n", 4, "no `expr`"),
        ("      - {alert: A, expr: [up]}\n", 4, "no `expr`"),
        ("      - {alert: A, expr: 'up[5m]'}\n", 4, "a range vector"),
        ("      - {alert: A, expr: up, for: soon}\n", 4, "`for` is not a duration"),
        ("      - {alert: A, expr: up, for: [5m]}\n", 4, "`for` is not a duration"),
        ("      - {alert: A, expr: up, query: x}\n", 4, "`query` is not part of a rule"),
        ("      - {alert: A, expr: up, labels: {'a b': c}}\n", 4, "cannot stand in `labels`"),
        ("      - {alert: A, expr: up, labels: {__name__: c}}\n", 4, "cannot stand in `labels`"),
        ("      - {alert: A, expr: up, labels: {a: [c]}}\n", 4, "must be text"),
        ("      - {alert: A, expr: up, labels: [a]}\n", 4, "must be a map"),
        ("      - {alert: A, expr: up, annotations: {a: '{{ if 1 }}'}}\n", 4, "`if` is outside the subset"),
        ("      - {record: a, expr: up, annotations: {a: b}}\n", 4, "no `annotations`"),
        ("      - {record: a, expr: up, for: 5m}\n", 4, "no `for`"),
        ("      - {record: a-b, expr: up}\n", 4, "cannot name a metric"),
        ("      - up\n", 4, "must be a map"),
        ("      - {alert: {a: b}, expr: up}\n", 4, "either `alert` or `record`"),
    ],
)
def test_a_fault_in_a_rule_is_named(rule: str, line: int, said: str) -> None:
    problem = _problem(rule)
    assert problem.line == line
    assert said in problem.reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n", "must be a map"),
        ("groups: a\n", "must be a list"),
        ("rules: []\n", "`rules` is not part of a rule file"),
        ("groups: []\n---\ngroups: []\n", "holds one document"),
        ("groups:\n  - {rules: []}\n", "has no name"),
        ("groups:\n  - {name: g}\n  - {name: g}\n", "stands twice"),
        ("groups:\n  - {name: g, query_offset: 1m}\n", "`query_offset` is not part of a group"),
        ("groups:\n  - {name: g, limit: many}\n", "`limit` is not a whole number"),
        ("groups:\n  - {name: g, limit: [1]}\n", "`limit` is not a whole number"),
        ("groups:\n  - {name: g, interval: 5}\n", "`interval` is not a duration"),
        ("groups:\n  - {name: g, rules: {a: b}}\n", "must be a list"),
        ("groups:\n  - [a]\n", "must be a map"),
        ("groups: [\n", "not valid YAML"),
    ],
)
def test_a_fault_in_a_file_is_named(text: str, said: str) -> None:
    (problem,) = load([("f.yml", text)]).problems
    assert said in problem.reason


def test_a_file_that_could_not_be_read_is_a_problem_like_any_other() -> None:
    problem = RuleProblem(path="f", line=1, column=1, rule="", reason="No.", next_step="Yes.")
    assert load([("f", problem)]).problems == (problem,)


def test_twins_come_behind_their_group() -> None:
    loaded = load_with_twins(
        [("f.yml", WHOLE), ("g.yml", "groups: [{name: g, rules: [{alert: A, expr: 'rate(c[5m]) > 1'}]}]")]
    )
    assert [group.name for group in loaded.groups] == ["first", "first-no-data", "second", "g"]
