"""Rules are told from what lies among them, and nothing that may be a rule is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.packs import shipped_packs
from tocsin.app.rule_places import sorted_out

RULE = "title: T\nlogsource: {category: web}\ndetection: {s: {a: 1}, condition: s}\n"


def _put(folder: Path, name: str, text: str = RULE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _found(place: Path) -> tuple[list[str], list[str]]:
    found = sorted_out([place])
    return [Path(file.path).name for file in found.sigma], [Path(file.path).name for file in found.metrics]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (RULE, "sigma"),
        ("groups: []\n", "metrics"),
        ("title: [\n", "sigma"),
        ("- 1\n", "sigma"),
        (RULE + "groups: []\n", "sigma"),
        (RULE + "tests: []\n", "sigma"),
        ("rule: t\ntests: []\n", ""),
        ("rule_files: [a.yml]\ntests: []\n", ""),
        ("regression_tests_info: []\n", ""),
    ],
)
def test_a_file_is_told_by_its_text(tmp_path: Path, text: str, kind: str) -> None:
    path = _put(tmp_path, "some.yml", text)
    expected = (["some.yml"] if kind == "sigma" else [], ["some.yml"] if kind == "metrics" else [])
    assert _found(path) == expected
    assert _found(tmp_path) == expected


def test_a_file_without_text_counts_as_a_rule(tmp_path: Path) -> None:
    _put(tmp_path, "bad.yml").write_bytes(b"\xff")
    assert _found(tmp_path) == (["bad.yml"], [])


def test_of_a_pack_only_the_rules_are_taken(tmp_path: Path) -> None:
    for name in ("tables/known.yml", "calendars/work.yml", "drills/d.yml", "lake.yml"):
        _put(tmp_path, f"ours/{name}", "name: known\nvalues: [a]\n")
    _put(tmp_path, "ours/runbooks/spike.yml", "runbook: spike\ntitle: A spike\nsteps: []\n")
    _put(tmp_path, "ours/rules/tables/deep.yml")
    _put(tmp_path, "ours/more/other.yml")
    _put(tmp_path, "ours/beside.yml")
    _put(tmp_path, "ours/prometheus/typo.yml", "group: []\n")
    _put(tmp_path, "ours/prometheus/tests/p.yml", "rule_files: [typo.yml]\n")
    for place in (tmp_path, tmp_path / "ours"):
        assert _found(place) == (["beside.yml", "other.yml", "deep.yml"], ["typo.yml"])


def test_every_shipped_pack_is_sorted_out() -> None:
    found = sorted_out([shipped_packs()])
    assert {Path(file.path).parent.name for file in found.metrics} == {"prometheus"}
    assert all("/rules/" in file.path for file in found.sigma)
