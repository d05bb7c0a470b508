from __future__ import annotations

import pytest

from tocsin.detection.promql.rule_files import load
from tocsin.detection.promql.twins import no_data_twin, rule_file, twin_group


def _rule(expr: str):
    text = f"groups: [{{name: g, rules: [{{alert: A, expr: '{expr}', labels: {{severity: critical}}}}]}}]"
    loaded = load([("f", text)])
    assert loaded.problems == ()
    return loaded.groups[0].rules[0]


def test_the_twin_of_a_gauge_has_the_published_form() -> None:
    twin = no_data_twin(_rule("probe_success == 0"))
    assert twin.expr_text == (
        "absent(probe_success) or (count by (job, instance) (max_over_time(probe_success[1h])) "
        "unless count by (job, instance) (probe_success))"
    )
    assert (twin.name, twin.for_ms, twin.keep_firing_for_ms) == ("ANoData", 300_000, 0)
    assert [(name, value.text) for name, value in twin.labels] == [("severity", "critical")]


@pytest.mark.parametrize(
    ("expr", "watched"),
    [
        ("avg_over_time(probe_success[5m]) < 0.9", ["probe_success"]),
        ("a / b > 0.8 and a > 1", ["a", "b"]),
        ('a{job="x",env!~"t.*"} offset 1h > 0', ['a{job="x",env!~"t.*"}']),
        ('{__name__=~"a|b"} > 0', ['{__name__=~"a|b"}']),
        ("rate(c[5m]) > a", ["a"]),
    ],
)
def test_every_gauge_that_is_watched_is_asked_after(expr: str, watched: list[str]) -> None:
    twin = no_data_twin(_rule(expr))
    assert [text for text in watched if f"absent({text})" not in twin.expr_text] == []
    assert twin.expr_text.count("absent(") == len(watched)


@pytest.mark.parametrize(
    "expr",
    [
        "rate(c[5m]) > 1",
        "increase(c[1h]) > 10",
        "c_total > 5",
        "absent(a)",
        "absent_over_time(a[5m])",
        "vector(time()) > 5",
    ],
)
def test_counters_and_silence_have_no_twin(expr: str) -> None:
    assert no_data_twin(_rule(expr)) is None


def test_a_group_s_twins_are_a_rule_file_of_their_own() -> None:
    text = """
groups:
  - name: g
    interval: 30s
    limit: 3
    rules:
      - {record: r, expr: up}
      - {alert: A, expr: up == 0, labels: {severity: page}, annotations: {s: x}}
      - {alert: B, expr: 'rate(c[5m]) > 0'}
"""
    (group,) = load([("f", text)]).groups
    twins = twin_group(group)
    assert (twins.name, twins.limit, [rule.name for rule in twins.rules]) == ("g-no-data", 0, ["ANoData"])
    again = load([("f", rule_file(twins))])
    assert again.problems == ()
    assert again.groups[0].interval_ms == 30_000
    assert [rule.key for rule in again.groups[0].rules] == [rule.key for rule in twins.rules]
    assert twin_group(load([("f", "groups: [{name: g, rules: []}]")]).groups[0]) is None


def test_a_rule_file_leaves_out_what_it_need_not_say() -> None:
    (group,) = load(
        [("f", "groups: [{name: g, rules: [{alert: A, expr: up}, {record: r, expr: up}]}]")]
    ).groups
    assert rule_file(group).splitlines() == [
        "groups:",
        '  - name: "g"',
        "    interval: 1m",
        "    rules:",
        '      - alert: "A"',
        '        expr: "up"',
        "        for: 0s",
    ]
