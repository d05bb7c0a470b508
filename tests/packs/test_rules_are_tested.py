"""Every shipped rule has tests that fire and tests that stay quiet, and all of them pass."""

from __future__ import annotations

import pytest

from tocsin.app import hunting, rule_tests
from tocsin.app.packs import Packs, shipped_packs
from tocsin.app.rule_test_files import gather
from tocsin.app.rule_tests import Ran

LEAST = 3


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    packs = Packs(tmp_path_factory.mktemp("home"))
    return rule_tests.run(gather(packs, [], []), hunting.levels(packs))


def test_every_rule_loads(ran: Ran) -> None:
    assert ran.rules.problems == ()


def test_every_test_of_every_pack_passes(ran: Ran) -> None:
    failed = [f"{result.place} {result.name}: {'; '.join(result.differences)}" for result in ran.failed]
    assert not failed, "\n  ".join(["failed:", *failed])


def test_every_pack_with_rules_has_tests(ran: Ran) -> None:
    tested = {result.path.split("/")[1] for result in ran.results}
    assert {folder.name for folder in shipped_packs().iterdir() if (folder / "rules").is_dir()} <= tested


def test_every_rule_has_enough_tests_that_fire_and_that_stay_quiet(ran: Ran) -> None:
    titles = {each.header.label: each.header.title for each in (*ran.rules.rules, *ran.rules.correlations)}
    short = sorted(
        f"{titles[label]}: {tested.firing} fire, {tested.quiet} stay quiet"
        for label, tested in rule_tests.untested(ran, LEAST).items()
    )
    assert not short, "\n  ".join([f"rules with fewer than {LEAST} of both:", *short])
