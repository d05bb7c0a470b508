"""What a server would refuse of rules in either language is found before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.hunting import NothingLoaded
from tocsin.app.packs import Packs, shipped_packs
from tocsin.app.rule_check import check

METRIC = "groups: [{name: g, rules: [{alert: Down, expr: 'up == 0'}]}]\n"
RULE = "title: T\nlogsource: {category: web}\ndetection: {s: {a: 1}, condition: s}\nlevel: low\n"


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    for name, text in (("prometheus/m.yml", METRIC), ("rules/t.yml", RULE)):
        path = tmp_path / "packs" / "ours" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return Packs(tmp_path)


def test_metric_rules_count_by_pack_by_path_and_in_force(packs: Packs) -> None:
    ours = packs.home / "packs" / "ours"
    for found in (check(packs, [], ["ours"]), check(packs, [ours], [])):
        assert (found.loaded, found.problems) == (2, ())
    assert check(packs, [ours / "prometheus"], []).loaded == 1
    assert len(check(packs, [], []).metric_rules.groups) == 1


def test_a_broken_metric_rule_is_a_problem(packs: Packs) -> None:
    broken = packs.home / "packs" / "ours" / "prometheus" / "m.yml"
    broken.write_text(METRIC.replace("up == 0", "up =="))
    for places, names in (([], ["ours"]), ([broken], []), ([], [])):
        (problem,) = check(packs, places, names).problems
        assert (problem.path.rpartition("/")[2], problem.rule) == ("m.yml", "Down")


def test_where_there_is_no_rule_at_all_nothing_passes(packs: Packs, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(NothingLoaded):
        check(packs, [tmp_path / "none"], [])


@pytest.mark.parametrize("name", [folder.name for folder in Packs(Path("none")).installed()])
@pytest.mark.parametrize("part", ["", "rules"])
def test_a_shipped_pack_has_no_problem_by_its_path(tmp_path: Path, name: str, part: str) -> None:
    place = shipped_packs() / name / part
    named = check(Packs(tmp_path), [], [name])
    found = check(Packs(tmp_path), [place], [])
    assert (found.problems, named.problems) == ((), ())
    assert len(found.rules.rules) == len(named.rules.rules)
