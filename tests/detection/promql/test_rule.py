from __future__ import annotations

from dataclasses import replace

from tocsin.detection.promql.rule_files import load

TEXT = """
groups:
  - name: g
    rules:
      - {record: r, expr: x, labels: {a: b}}
      - {alert: A, expr: x, for: 1m, labels: {a: b}, annotations: {s: t}}
"""


def test_a_rule_is_remembered_by_what_makes_its_alerts() -> None:
    (group,) = load([("f.yml", TEXT)]).groups
    record, alert = group.rules
    assert group.key == "f.yml;g"
    assert len({record.key, alert.key}) == 2
    assert replace(alert, annotations=()).key == alert.key
    others = [
        replace(alert, name="B"),
        replace(alert, for_ms=1),
        replace(alert, labels=()),
        replace(alert, expr_text="y"),
    ]
    assert len({each.key for each in others} | {alert.key}) == 5
    assert replace(record, labels=()).key != record.key
