"""An on-call file is checked with all channels that there are, and a mistake is told, not raised."""

from __future__ import annotations

from tocsin.app.oncall_check import ONE_ALERT, check
from tocsin.app.packs import PackFile

GOOD = """\
people: {ben: {name: Ben, contacts: [{channel: voice, address: "+49"}, {channel: inbox, address: ben}]}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben]}
escalation: {P1: [{after: 0m, page: primary}]}
"""
FILE = PackFile("oncall.yml", GOOD)


def test_a_good_file_has_no_findings_and_its_tests_are_run() -> None:
    assert check(FILE, {}, None).findings == ()
    tests = "tests: [{name: odd, severity: P1, at: '2026-11-20T02:00:00Z', policy: other}]\n"
    checked = check(FILE, {}, PackFile("tests.yml", tests))
    assert (checked.failed, checked.problems) == (1, 0)


def test_a_mistake_in_the_file_or_its_tests_is_a_problem_with_its_place() -> None:
    broken = check(PackFile("oncall.yml", "people: {}\n"), {}, None)
    assert (broken.roster, broken.problems, broken.findings[0].place) == (None, 1, "oncall.yml:1:1")
    assert broken.findings[0].text == "the key `schedule` is missing."
    assert [each.place for each in check(FILE, {}, PackFile("t.yml", "x: 1\n")).findings] == ["t.yml:1:1"]


def test_slack_rings_for_each_page_and_so_may_be_shared() -> None:
    assert "pagerduty" in ONE_ALERT
    assert "slack" not in ONE_ALERT
