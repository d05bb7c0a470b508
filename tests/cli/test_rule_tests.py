"""`tocsin detect test` ends with 6 when a test fails, and says what differs to people and machines."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

RULE = """
title: T
name: t
id: {}
logsource: {{category: web}}
detection: {{s: {{a: 1}}, condition: s}}
level: low
"""
ID = "0c1d4f7e-0000-4000-8000-00000000000a"
GOOD = "rule: t\ntests: [{name: fires, events: [{event: {a: 1}}], expect: [{}]}, {name: quiet, expect: []}]\n"
BAD = "rule: t\ntests: [{name: wrong, events: [{event: {a: 2}}], expect: [{}]}]\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    place = tmp_path / "mine"
    place.mkdir()
    (place / "t.yml").write_text(RULE.format(ID))
    (place / "t.test.yml").write_text(GOOD)
    return place


def test_passing_tests_end_well_and_say_how_many(typed, rules: Path) -> None:
    result = typed("detect", "test", str(rules))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("2 tests passed, 0 failed (")


def test_a_file_of_tests_by_any_name_is_run(typed, rules: Path) -> None:
    (rules / "t.test.yml").rename(rules / "mine.yml")
    result = typed("detect", "test", str(rules / "mine.yml"))
    assert result.exit_code == 0
    assert result.stderr.startswith("2 tests passed, 0 failed (")


def test_a_failing_test_ends_with_6_and_says_what_differs(typed, rules: Path) -> None:
    (rules / "u.test.yml").write_text(BAD)
    result = typed("detect", "test", str(rules))
    assert result.exit_code == 6
    (line,) = result.stdout.splitlines()
    assert line.split("\t")[:4] == ["failed", f"{rules}/u.test.yml:2:9", ID, "wrong"]
    assert "a equals 1 [is '2']" in line
    assert typed("detect", "test", str(rules), "--exit-zero").exit_code == 0


def test_json_has_every_test(typed, rules: Path) -> None:
    (rules / "u.test.yml").write_text("rule: [")
    result = typed("detect", "test", str(rules), "--json")
    envelope = json.loads(result.stdout)
    assert envelope["schema"] == "tocsin.detect.test/1"
    assert [each["outcome"] for each in envelope["data"]] == ["broken", "passed", "passed"]
    assert [each["fires"] for each in envelope["data"]] == [True, True, False]


def test_junit_and_sarif_are_written(typed, rules: Path, tmp_path: Path) -> None:
    (rules / "u.test.yml").write_text(BAD)
    junit, sarif = tmp_path / "j.xml", tmp_path / "s.sarif"
    typed("detect", "test", str(rules), "--junit", str(junit), "--sarif", str(sarif))
    assert parse(junit).getroot().get("failures") == "1"
    assert len(json.loads(sarif.read_text())["runs"][0]["results"]) == 1


def test_rules_with_too_few_tests_are_a_problem(typed, rules: Path) -> None:
    assert typed("detect", "test", str(rules), "--require-tests", "1").exit_code == 0
    result = typed("detect", "test", str(rules), "--require-tests", "2")
    assert result.exit_code == 6
    assert "1 firing and 1 quiet tests pass, 2 wanted" in result.stdout
    assert "1 rules have too few tests" in result.stderr


def test_tests_are_chosen_and_none_is_no_answer(typed, rules: Path) -> None:
    assert typed("detect", "test", str(rules), "-k", "FIRES").stderr.startswith("1 tests passed")
    result = typed("detect", "test", str(rules), "-k", "nothing")
    assert result.exit_code == 1
    assert "[no_rule_tests]" in result.stderr
    assert typed("detect", "test", str(rules / "none")).exit_code == 3


def test_more_rules_may_be_named(typed, rules: Path, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    test = tmp_path / "alone" / "x.test.yml"
    test.write_text(GOOD)
    assert typed("detect", "test", str(test)).exit_code == 6
    assert typed("detect", "test", str(test), "--rules", str(rules)).exit_code == 0


def test_a_pack_is_tested_by_its_name(typed) -> None:
    assert typed("detect", "test", "--pack", "baseline", "--require-tests", "3").exit_code == 0
