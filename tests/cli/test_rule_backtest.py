"""`tocsin detect backtest` shows what a change of rules does, and holds each rule to its budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RULE = """
title: {0}
name: {0}
logsource: {{category: web}}
detection: {{s: {{a: {1}}}, condition: s}}
level: low
"""


@pytest.fixture
def change(tmp_path: Path) -> tuple[str, ...]:
    for side, rules in (("old", (("kept", 1), ("gone", 2))), ("new", (("kept", 1), ("come", 3)))):
        (tmp_path / side).mkdir()
        for name, value in rules:
            (tmp_path / side / f"{name}.yml").write_text(RULE.format(name, value))
    signals = tmp_path / "s.ndjson"
    signals.write_text("".join(json.dumps({"category": "web", "a": value}) + "\n" for value in (1, 2, 3, 3)))
    return (str(signals), "--old", str(tmp_path / "old"), "--new", str(tmp_path / "new"))


def test_added_and_removed_alerts_are_told(answer, typed, change) -> None:
    rows = answer("detect", "backtest", *change)
    assert [(each["change"], each["rule_title"], each["count"]) for each in rows] == [
        ("added", "come", 2),
        ("removed", "gone", 1),
    ]
    assert "1 alerts added, 1 removed, 1 the same" in typed("detect", "backtest", *change).stderr


def test_a_rule_over_its_budget_ends_with_6(typed, change, tmp_path: Path) -> None:
    budgets = tmp_path / "b.yml"
    budgets.write_text("budgets:\n  - {rule: come, expect: 1, reason: the test account}\n")
    words = ("detect", "backtest", *change, "--budgets", str(budgets))
    result = typed(*words)
    assert result.exit_code == 6
    assert "budget 1 (the test account)" in result.stdout
    assert "budget 0, none is set" in result.stdout
    assert typed(*words, "--exit-zero").exit_code == 0
    budgets.write_text("budgets: [{rule: come, expect: 2, reason: x}, {rule: kept, expect: 1, reason: y}]\n")
    assert typed(*words).exit_code == 0


def test_files_or_the_lake_are_needed_and_not_both(typed, change) -> None:
    assert typed("detect", "backtest").exit_code == 2
    assert typed("detect", "backtest", *change, "--lake").exit_code == 2


def test_a_bound_of_the_lake_is_refused_without_it(typed, change) -> None:
    result = typed("detect", "backtest", *change, "--since", "3d")
    assert result.exit_code == 2
    assert "--lake" in result.stderr


def test_a_budget_for_no_rule_is_told(typed, change, tmp_path: Path) -> None:
    budgets = tmp_path / "b.yml"
    rows = ("{rule: come, expect: 2, reason: x}", "{rule: kept, expect: 1, reason: y}")
    budgets.write_text(f"budgets: [{', '.join(rows)}, {{rule: coem, expect: 2, reason: x}}]\n")
    result = typed("detect", "backtest", *change, "--budgets", str(budgets))
    assert result.exit_code == 0
    assert "The budget for 'coem' holds for no rule that is loaded." in result.stderr
    assert "'come'" not in result.stderr


def test_rules_are_named_also_when_none_of_a_side_loads_and_once_when_both_have_them(
    typed, change, tmp_path: Path
) -> None:
    bad = tmp_path / "bad" / "only.yml"
    bad.parent.mkdir()
    bad.write_text("title: [")
    result = typed("detect", "backtest", change[0], "--old", str(bad), "--new", str(bad))
    assert result.exit_code == 1
    assert result.stderr.count("only.yml:") == 1
    assert "[no_rule_loaded]" in result.stderr


def test_an_empty_lake_has_nothing_to_change(typed, change) -> None:
    result = typed("detect", "backtest", *change[1:], "--lake", "--since", "30d")
    assert result.exit_code == 0
    assert "0 alerts added, 0 removed, 0 the same" in result.stderr


def test_broken_rules_and_lines_are_named(typed, change, tmp_path: Path) -> None:
    (tmp_path / "new" / "bad.yml").write_text("title: [")
    Path(change[0]).write_text("nonsense\n")
    result = typed("detect", "backtest", *change)
    assert "bad.yml" in result.stderr
    assert "s.ndjson" in result.stderr
