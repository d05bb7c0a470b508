"""The shipped examples of on-call files keep the clocks of the requirements, by the tests beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.oncall_check import check
from tocsin.app.packs import PackFile, Packs
from tocsin.app.runbooks import stock_in_force
from tocsin.app.settings import load_settings
from tocsin.domain.severity import Severity
from tocsin.oncall.roster import Roster, parse_roster
from tocsin.oncall.roster_tests import read_tests, run_test

PACKS = Path(__file__).resolve().parents[2] / "packs"
EXAMPLES = sorted(path.parent for path in PACKS.glob("*/examples/oncall.yml"))


def roster_of(folder: Path) -> Roster:
    return parse_roster((folder / "oncall.yml").read_text("utf-8"), "oncall.yml")


def test_each_pack_of_a_requirement_has_an_example() -> None:
    named = [folder.parent.name for folder in EXAMPLES]
    assert named == ["agent-identity", "ai-governance", "mcp-connectors", "saas-platform"]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.parent.name)
def test_an_example_passes_its_own_tests(folder: Path) -> None:
    roster = roster_of(folder)
    tests = read_tests((folder / "oncall.tests.yml").read_text("utf-8"), "oncall.tests.yml", roster)
    faults = {test.name: verdict.faults for test in tests if (verdict := run_test(roster, test)).faults}
    assert faults == {}
    assert len(tests) >= 4


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.parent.name)
def test_nothing_is_found_in_an_example_that_could_call_nobody(folder: Path) -> None:
    file = PackFile("oncall.yml", (folder / "oncall.yml").read_text("utf-8"))
    assert [each.text for each in check(file, {}, None).findings] == []


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.parent.name)
def test_every_policy_of_an_example_calls_somebody_for_a_p1_or_says_in_its_route_that_it_need_not(
    folder: Path,
) -> None:
    roster = roster_of(folder)
    assert roster.pages(Severity.P1)
    assert [digest.severities for digest in roster.digests] == [{Severity.P4}]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.parent.name)
def test_somebody_has_each_role_that_a_pack_s_runbooks_name(folder: Path, tmp_path: Path) -> None:
    ours = tmp_path / "packs" / "ours"
    ours.mkdir(parents=True)
    (ours / "oncall.yml").write_bytes((folder / "oncall.yml").read_bytes())
    stock = stock_in_force(
        load_settings({}, home=tmp_path), Packs(tmp_path, ("baseline", folder.parent.name))
    )
    assert stock.checked
    assert [str(fault) for fault in stock.faults if "no role" in str(fault)] == []
