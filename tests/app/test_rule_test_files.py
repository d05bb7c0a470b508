"""Tests and the rules they are about are found wherever they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.packs import Packs
from tocsin.app.rule_test_files import gather
from tocsin.domain.errors import NotFound

RULE = "title: T\nname: t\nlogsource: {category: web}\ndetection: {s: {a: 1}, condition: s}\nlevel: low\n"
TEST = "rule: t\ntests: [{name: x, events: [{event: {a: 1}}], expect: [{}]}]\n"
INFO = "rule_metadata: [{id: t}]\nregression_tests_info: [{name: r, path: regression_data/x/r.ndjson}]\n"
PROM = "rule_files: [../alerts.yml]\ntests: []\n"


def _put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path / "home")


def _names(gathered) -> tuple[list[str], list[str]]:
    return [Path(file.path).name for file in gathered.rules], [
        Path(test.path).name for test in gathered.tests
    ]


def test_tests_beside_rules_are_found_and_are_no_rules(tmp_path: Path, packs: Packs) -> None:
    _put(tmp_path, "rules/t.yml", RULE)
    beside = _put(tmp_path, "rules/t.test.yml", TEST)
    assert _names(gather(packs, [tmp_path / "rules"], [])) == (["t.yml"], ["t.test.yml"])
    assert _names(gather(packs, [beside], [])) == (["t.yml"], ["t.test.yml"])
    assert _names(gather(packs, [tmp_path / "rules" / "t.yml"], [])) == (["t.yml"], ["t.test.yml"])


def test_a_folder_like_a_pack_has_rules_tables_and_tests(tmp_path: Path, packs: Packs) -> None:
    _put(tmp_path, "rules/deep/t.yml", RULE)
    test = _put(tmp_path, "tests/deep/t.yml", TEST)
    _put(tmp_path, "tables/known.yml", "name: known\nvalues: [a]\n")
    _put(tmp_path, "calendars/work.yml", "name: work\nzone: UTC\nweekly: {monday: '09:00-17:00'}\n")
    for place in (tmp_path, tmp_path / "tests", test):
        found = gather(packs, [place], [])
        assert _names(found) == (["t.yml"], ["t.yml"])
        assert [Path(file.path).name for file in (*found.tables, *found.calendars)] == [
            "known.yml",
            "work.yml",
        ]


def test_more_rules_may_be_named(tmp_path: Path, packs: Packs) -> None:
    test = _put(tmp_path, "a/t.test.yml", TEST)
    _put(tmp_path, "b/t.yml", RULE)
    assert _names(gather(packs, [test], [], [tmp_path / "b"])) == (["t.yml"], ["t.test.yml"])


def test_each_format_is_told_by_its_text(tmp_path: Path, packs: Packs) -> None:
    _put(tmp_path, "tests/prom.yml", PROM)
    _put(tmp_path, "regression_data/x/info.yml", INFO)
    records = _put(tmp_path, "regression_data/x/r.ndjson", "{}\n")
    found = gather(packs, [tmp_path], [])
    assert [file.path for file in found.promtool] == [str(tmp_path / "tests" / "prom.yml")]
    ((regression, file),) = found.regressions
    assert (regression.rules, file) == (("t",), records)


def test_a_file_that_is_named_is_read_by_its_text(tmp_path: Path, packs: Packs) -> None:
    rule = _put(tmp_path, "t.yml", RULE)
    ours, prom = _put(tmp_path, "mine.yml", TEST), _put(tmp_path, "prom.yml", PROM)
    info = _put(tmp_path, "regressions.yml", INFO)
    assert _names(gather(packs, [ours], [])) == (["t.yml"], ["mine.yml"])
    assert [file.place for file in gather(packs, [prom], []).promtool] == [prom]
    assert len(gather(packs, [info], []).regressions) == 1
    assert _names(gather(packs, [rule], [])) == (["t.yml"], [])


def test_records_may_lie_where_the_repository_has_them(tmp_path: Path, packs: Packs) -> None:
    _put(tmp_path, "elsewhere/info.yml", INFO)
    records = _put(tmp_path, "regression_data/x/r.ndjson", "{}\n")
    assert gather(packs, [tmp_path / "elsewhere" / "info.yml"], []).regressions[0][1] == records


def test_records_that_are_nowhere_are_expected_beside_the_file(tmp_path: Path, packs: Packs) -> None:
    info = _put(tmp_path, "elsewhere/info.yml", INFO)
    assert gather(packs, [info], []).regressions[0][1] == info.with_name("r.ndjson")


def test_what_cannot_be_read_is_a_problem(tmp_path: Path, packs: Packs) -> None:
    _put(tmp_path, "a.test.yml", "").write_bytes(b"\xff")
    _put(tmp_path, "b.test.yml", "rule: [")
    _put(tmp_path, "x/info.yml", "- 1")
    found = gather(packs, [tmp_path], [])
    assert [Path(problem.path).name for problem in found.problems] == ["a.test.yml", "b.test.yml", "info.yml"]


def test_without_paths_those_of_all_packs_are_found_and_of_one_on_the_rules_of_all(packs: Packs) -> None:
    _put(packs.home, "packs/ours/rules/t.yml", RULE)
    _put(packs.home, "packs/ours/tests/t.yml", TEST)
    everything = gather(packs, [], [])
    one = gather(packs, [], ["ours"])
    assert len(everything.tests) > len(one.tests) == 1
    assert len(everything.rules) == len(one.rules)


def test_an_unknown_path_or_pack_is_told(tmp_path: Path, packs: Packs) -> None:
    with pytest.raises(NotFound, match="nothing at"):
        gather(packs, [tmp_path / "none"], [])
    with pytest.raises(NotFound, match="no pack named"):
        gather(packs, [], ["none"])
