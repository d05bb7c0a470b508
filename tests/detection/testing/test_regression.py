"""SigmaHQ's regression files are read as they are, and counts are exact where one is stated."""

from __future__ import annotations

import pytest

from tocsin.detection.rules import RuleSet
from tocsin.detection.testing.regression import broken, is_regression, read_regressions, run_regression
from tocsin.detection.testing.result import Kind

ID = "0c1d4f7e-0000-4000-8000-000000000001"
INFO = f"""
id: x
rule_metadata:
  - {{id: {ID}, title: Failed Login}}
regression_tests_info:
  - {{name: Positive Detection Test, type: evtx, provider: P, match_count: 2, path: regression_data/a/b.evtx}}
  - {{type: evtx, path: c.evtx}}
"""
BAD = {"category": "authentication", "action": "login", "outcome": "failure"}
GOOD = {**BAD, "outcome": "success"}


def test_an_info_file_is_read() -> None:
    counted, plain = read_regressions("info.yml", INFO).tests
    assert (counted.rules, counted.count, counted.file) == ((ID,), 2, "regression_data/a/b.evtx")
    assert (plain.name, plain.count, plain.place.line) == ("regression", None, 7)
    assert is_regression(INFO)
    assert not is_regression("rule: x\ntests: []")
    assert read_regressions("info.yml", "id: x").tests == ()


@pytest.mark.parametrize(
    "text",
    [
        "regression_tests_info: [{type: evtx}]",
        "regression_tests_info: [{path: a}]",
        "rule_metadata: [{title: x}]\nregression_tests_info: [{path: a}]",
        "[1]",
        "rule_metadata: {}",
    ],
)
def test_a_file_that_names_no_rule_or_no_records_is_a_problem(text: str) -> None:
    read = read_regressions("info.yml", text)
    assert (len(read.tests), len(read.problems)) == (0, 1)


def test_the_count_must_be_exact(rule_set: RuleSet) -> None:
    counted, plain = read_regressions("info.yml", INFO).tests
    assert run_regression(counted, rule_set, [BAD, GOOD, BAD]).passed
    assert run_regression(plain, rule_set, [BAD]).passed
    (told,) = run_regression(counted, rule_set, [BAD]).differences
    assert told == "Failed Login: holds for 1 of 1 records, expected 2"
    result = run_regression(plain, rule_set, [GOOD])
    assert result.kind is Kind.REGRESSION
    assert result.differences[0].endswith("expected at least 1")
    assert "outcome equals 'failure' [is 'success']" in result.differences[1]


def test_a_file_without_records_and_a_rule_that_is_not_loaded_are_told(rule_set: RuleSet) -> None:
    counted, _ = read_regressions("info.yml", INFO).tests
    empty = run_regression(counted, rule_set, [])
    assert empty.is_broken
    (other,) = read_regressions("info.yml", INFO.replace(ID, "nobody").rsplit("\n", 2)[0]).tests
    assert run_regression(other, rule_set, [BAD]).differences == ("the rule `nobody` is not loaded.",)
    assert broken(counted).differences == ("its file holds no record",)
