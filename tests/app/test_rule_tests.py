"""Every kind of test runs, and rules with too few are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app import hunting, rule_tests
from tocsin.app.packs import Packs
from tocsin.app.rule_test_files import gather
from tocsin.app.rule_tests import NoTests, Ran
from tocsin.detection.testing.result import Tested

RULES = """
title: T
name: t
logsource: {category: web}
detection: {s: {a: 1}, condition: s}
level: low
---
title: Known
name: known
logsource: {category: web}
detection: {s: {who|expand: '%people%'}, condition: s}
level: low
---
title: Twice
name: twice
correlation: {type: event_count, rules: [t], group-by: [u], timespan: 1m, condition: {gte: 2}}
level: low
"""
TESTS = """
rule: twice
tests:
  - {name: two, events: [{event: {a: 1, u: x}, every: 1s, repeat: 2}], expect: [{}]}
  - {name: one, events: [{event: {a: 1, u: x}}], expect: []}
---
rule: known
tables: {people: {key: name, rows: [{name: ann}]}}
tests:
  - {name: in the table of the test, events: [{event: {who: ann}}], expect: [{}]}
  - {name: in a list, tables: {people: [ben]}, events: [{event: {who: ben}}], expect: [{}]}
  - {name: not in it, events: [{event: {who: eve}}], expect: []}
  - {name: a calendar may stand beside it, expect: [],
     tables: {work: {zone: UTC, weekly: {monday: '09:00-17:00'}}}}
"""
INFO = "rule_metadata: [{id: t}]\nregression_tests_info: [{name: r, path: r.ndjson}]\n"
ASKED = "[{expr: vector(1), exp_samples: [{value: 1}]}]"
PROM = f"rule_files: [../alerts.yml, gone.yml]\ntests:\n  - promql_expr_test: {ASKED}\n"
ALERTS = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path / "home")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in" / "tests").mkdir(parents=True)
    (tmp_path / "in" / "tables").mkdir()
    (tmp_path / "in" / "rules").mkdir()
    (tmp_path / "in" / "rules" / "r.yml").write_text(RULES)
    (tmp_path / "in" / "tables" / "p.yml").write_text("name: people\nvalues: [zoe]\n")
    (tmp_path / "in" / "tests" / "t.yml").write_text(TESTS)
    return tmp_path / "in"


def _ran(packs: Packs, place: Path, pattern: str = "") -> Ran:
    return rule_tests.run(gather(packs, [place], []), hunting.levels(packs), pattern=pattern)


def test_tests_run_with_the_tables_they_bring(packs: Packs, place: Path) -> None:
    ran = _ran(packs, place)
    assert [result.differences for result in ran.failed] == []
    assert len(ran.results) == 6
    assert ran.rules.problems == ()


def test_a_pattern_chooses_by_path_rule_or_name(packs: Packs, place: Path) -> None:
    assert [result.name for result in _ran(packs, place, "TWO").results] == ["two"]
    assert len(_ran(packs, place, "known").results) == 4
    with pytest.raises(NoTests):
        _ran(packs, place, "nothing")


def test_regressions_read_their_records(packs: Packs, place: Path) -> None:
    (place / "info.yml").write_text(INFO)
    (place / "r.ndjson").write_text('{"category":"web","a":1}\n')
    assert [result.passed for result in _ran(packs, place, "info.yml").results] == [True]
    (place / "r.ndjson").write_text('{"category":"web","a":2}\nno record\n')
    (refused,) = _ran(packs, place, "info.yml").results
    assert refused.is_broken
    (place / "r.ndjson").unlink()
    assert _ran(packs, place, "info.yml").results[0].is_broken


def test_records_of_an_unknown_format_break_the_regression(packs: Packs, place: Path) -> None:
    (place / "info.yml").write_text(INFO.replace("r.ndjson", "r.evtx"))
    (place / "r.evtx").write_bytes(b"ElfFile\x00" + b"\x00" * 200)
    assert not _ran(packs, place, "info.yml").results[0].passed


def test_promtool_files_find_their_rules_beside_them(packs: Packs, place: Path) -> None:
    (place / "alerts.yml").write_text(ALERTS)
    (place / "tests" / "prom.yml").write_text(PROM)
    missing, answered = _ran(packs, place, "prom.yml").results
    assert "gone.yml" in missing.differences[0]
    assert answered.passed


def test_problems_are_broken_results_of_their_place(packs: Packs, place: Path) -> None:
    (place / "tests" / "bad.yml").write_text("rule: x\ntests: [{expect: []}]\n")
    (result,) = [each for each in _ran(packs, place).results if each.is_broken]
    assert (result.line, result.rules) == (2, ("x",))


def test_results_may_be_none(packs: Packs, tmp_path: Path) -> None:
    assert rule_tests.results(gather(packs, [tmp_path], []), hunting.levels(packs)) == ()


def test_rules_with_too_few_tests_are_named_but_those_that_only_feed(packs: Packs, place: Path) -> None:
    ran = _ran(packs, place)
    assert rule_tests.untested(ran, 1) == {}
    assert rule_tests.untested(ran, 2) == {"t": Tested(), "twice": Tested(1, 1)}
