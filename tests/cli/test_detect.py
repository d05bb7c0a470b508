"""Rules are checked before they are loaded."""

from __future__ import annotations

import json

BROKEN = (
    "title: Bad\nlogsource: {product: aws}\ndetection:\n  selection: {a: 1}\n  condition: selection and\n"
)


def test_the_shipped_rules_have_no_problem(answer) -> None:
    assert [each for each in answer("detect", "check") if each["kind"] == "problem"] == []


def test_a_problem_ends_with_6_and_names_line_column_and_what_to_do(tmp_path, typed) -> None:
    (tmp_path / "bad.yml").write_text(BROKEN)
    result = typed("detect", "check", str(tmp_path / "bad.yml"), "--json")
    assert result.exit_code == 6
    (problem,) = json.loads(result.stdout)["data"]
    assert problem["place"] == f"{tmp_path / 'bad.yml'}:{problem['line']}:{problem['column']}"
    assert problem["line"] == 5
    assert problem["next_step"]
    assert "1 problems" in result.stderr


def test_exit_zero_only_reports(tmp_path, typed) -> None:
    (tmp_path / "bad.yml").write_text(BROKEN)
    assert typed("detect", "check", str(tmp_path), "--exit-zero").exit_code == 0


def test_a_path_that_is_not_there_ends_with_3(typed) -> None:
    assert typed("detect", "check", "/no/such").exit_code == 3
    assert typed("detect", "check", "--pack", "nonsense").exit_code == 3


def test_a_folder_without_rules_passes_no_check(typed, tmp_path) -> None:
    result = typed("detect", "check", str(tmp_path), "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "[no_rule_loaded]" in result.stderr


def test_a_file_that_is_no_text_is_a_problem_with_a_place(typed, tmp_path) -> None:
    (tmp_path / "bad.yml").write_bytes(b"title: \xff")
    result = typed("detect", "check", str(tmp_path))
    assert result.exit_code == 6
    assert f"{tmp_path}/bad.yml:1:1\t" in result.stdout


def test_problems_are_written_as_sarif(typed, tmp_path) -> None:
    (tmp_path / "bad.yml").write_text(BROKEN)
    sarif = tmp_path / "out.sarif"
    typed("detect", "check", str(tmp_path / "bad.yml"), "--sarif", str(sarif))
    (found,) = json.loads(sarif.read_text())["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 5


def test_a_broken_metric_rule_is_a_problem_too(typed, tmp_path) -> None:
    (tmp_path / "m.yml").write_text("groups: [{name: g, rules: [{alert: Down, expr: 'up =='}]}]\n")
    (tmp_path / "m.test.yml").write_text("rule_files: [m.yml]\n")
    sarif = tmp_path / "out.sarif"
    result = typed("detect", "check", str(tmp_path), "--json", "--sarif", str(sarif))
    assert result.exit_code == 6
    (problem,) = json.loads(result.stdout)["data"]
    assert (problem["kind"], problem["rule"]) == ("problem", "Down")
    assert len(json.loads(sarif.read_text())["runs"][0]["results"]) == 1
