"""`tocsin detect coverage` tells rules from rules whose data comes in and that are tested."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_shipped_rules_are_tested_and_see_no_data_that_was_not_given(answer) -> None:
    rows = {(each["kind"], each["name"]): each for each in answer("detect", "coverage", "--pack", "baseline")}
    assert rows["technique", "T1110.004"]["state"] == "tested"
    assert rows["log_source", "authentication"]["with_data"] == 0


def test_given_data_counts_and_a_layer_is_written(typed, tmp_path: Path) -> None:
    signals, layer = tmp_path / "s.ndjson", tmp_path / "layer.json"
    signals.write_text('{"category": "authentication", "action": "login"}\nnonsense\n')
    result = typed(
        "detect", "coverage", "--pack", "baseline", "--data", str(signals), "--navigator", str(layer)
    )
    assert result.exit_code == 0
    assert "log_source\tauthentication\t4\t4\t4\twhole" in result.stdout
    assert "s.ndjson:2" in result.stderr
    scores = {each["techniqueID"]: each["score"] for each in json.loads(layer.read_text())["techniques"]}
    assert (scores["T1110.004"], scores["T1530"]) == (4, 2)


def test_rules_without_tests_are_only_rules(answer, tmp_path: Path) -> None:
    text = "title: T\nlogsource: {category: web}\ndetection: {s: {a: 1}, condition: s}\nlevel: low\n"
    (tmp_path / "r.yml").write_text(text + "tags: [attack.t1059]\n")
    rows = answer("detect", "coverage", "--rules", str(tmp_path / "r.yml"))
    assert [(each["name"], each["state"]) for each in rows] == [("T1059", "rule"), ("web", "rule")]


def test_no_rule_is_no_answer(typed, tmp_path: Path) -> None:
    assert typed("detect", "coverage", "--rules", str(tmp_path)).exit_code == 1
