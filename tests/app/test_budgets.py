"""A budget is a promise with a reason; who breaks it is named, the worst first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.app.budgets import Budget, overruns, read_budgets, without_rule
from tocsin.detection.rules import load
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.errors import Misconfigured

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def _alert(rule: str, count: int) -> DetectedAlert:
    return DetectedAlert(
        key=f"{rule}{count}",
        rule_id=rule,
        rule_title=f"Title of {rule}",
        rule_level="low",
        severity=None,
        first_seen=NOW,
        last_seen=NOW,
        count=count,
        group=(),
        evidence=(),
    )


def test_budgets_are_read(tmp_path: Path) -> None:
    file = tmp_path / "b.yml"
    file.write_text("budgets:\n  - {rule: a, expect: 3, reason: Terraform}\n  - {rule: b, reason: none}\n")
    assert read_budgets(file) == (
        Budget(rule="a", expect=3, reason="Terraform"),
        Budget(rule="b", expect=0, reason="none"),
    )
    file.write_text("{}")
    assert read_budgets(file) == ()


@pytest.mark.parametrize(
    "text",
    ["budgets: [{rule: a, expect: 3}]", "budgets: [{reason: x}]", "budgets: {}", "[", "budgets: [{rle: a}]"],
)
def test_what_is_no_budget_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "b.yml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=r"b\.yml:[12]:"):
        read_budgets(file)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_budgets(tmp_path / "none.yml")


def test_hits_of_all_alerts_of_a_rule_count_and_a_rule_without_budget_has_none() -> None:
    budgets = [Budget(rule="a", expect=3, reason="x"), Budget(rule="Title of b", expect=9, reason="y")]
    alerts = [_alert("a", 2), _alert("a", 3), _alert("b", 9), _alert("c", 1)]
    assert [(each.rule_id, each.hits, each.budget, each.reason) for each in overruns(budgets, alerts)] == [
        ("a", 5, 3, "x"),
        ("c", 1, 0, ""),
    ]


def test_a_budget_without_a_rule_is_found() -> None:
    rule = "title: T\nname: t\nlogsource: {category: web}\ndetection: {s: {a: 1}, condition: s}\nlevel: low\n"
    rows = [Budget(rule=word, expect=1, reason="x") for word in ("t", "T", "gone")]
    assert [each.rule for each in without_rule(rows, load([("t.yml", rule)]))] == ["gone"]
