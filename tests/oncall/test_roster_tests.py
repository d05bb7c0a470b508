"""Tests of the tests of an on-call file: what they compare, and how they say what differs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.oncall.roster import Roster, parse_roster
from tocsin.oncall.roster_tests import read_tests, run_test, spoken

START = "severity: P1, at: '2026-11-20T12:00:00Z'"


def faults(roster: Roster, text: str) -> tuple[str, ...]:
    (test,) = read_tests(f"tests: [{{name: a test, {text}}}]", "oncall.tests.yml", roster)
    return run_test(roster, test).faults


@pytest.mark.parametrize(
    "text",
    [
        f"{START}, policy: default",
        f"{START}, acknowledged_after: 1m, pages: [{{after: 0m, person: ben}}]",
        f"{START}, acknowledged_after: 1m, pages: [{{after: 0m, person: ben, by: [slack]}}]",
        f"{START}, acknowledged_after: 1m, tells: [{{after: 0m, to: [incidents, warnings]}}]",
        f"{START}, labels: {{team: payments}}, policy: payments, gaps: 1",
        "severity: P1, at: '2026-11-20T13:00:00+01:00', type: drift, source: x, policy: brief",
    ],
)
def test_what_is_as_expected_passes(teams: Roster, text: str) -> None:
    assert faults(teams, text) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy: brief", ["The policy is default, not brief. Policy default: no route of oncall.yml"]),
        (
            "acknowledged_after: 1m, pages: [{after: 5m, person: ben, by: [voice, slack]}]",
            [
                "ben is not called after 5m by slack, voice; calls are: 0m ben by slack.",
                "ben is called after 0m and was not expected.",
            ],
        ),
        ("acknowledged_after: 1m, pages: []", ["ben is called after 0m and was not expected."]),
        (
            "acknowledged_after: 1m, tells: [{after: 1h, to: warnings}]",
            ["slack C0WARN is not told after 1h.", "slack C0INC is told after 0m", "slack C0WARN is told"],
        ),
        ("labels: {team: payments}", ["Nobody can be called at 5m: INC-0 is P1", "0 gaps are expected"]),
        ("gaps: 2", ["2 gaps are expected, there are 0."]),
    ],
)
def test_what_differs_is_said(teams: Roster, text: str, said: list[str]) -> None:
    found = faults(teams, f"{START}, {text}")
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True))


def test_calls_that_there_are_none_of_are_called_none(teams: Roster) -> None:
    (fault,) = faults(teams, "severity: P4, at: '2026-11-20T12:00:00Z', pages: [{after: 0m, person: ben}]")
    assert fault == "ben is not called after 0m; calls are: none."


@pytest.mark.parametrize(
    ("at", "said"), [("noon", "`noon` is not a time"), ("2026-11-20T12:00:00", "has no zone")]
)
def test_a_time_needs_a_zone(teams: Roster, at: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        faults(teams, f"severity: P1, at: '{at}'")


def test_a_test_says_where_it_stands_and_when_it_begins(teams: Roster) -> None:
    (test,) = read_tests(f"tests:\n  - {{name: one, {START}}}\n", "oncall.tests.yml", teams)
    assert (test.name, test.line, test.occasion.at) == ("one", 2, datetime(2026, 11, 20, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("after", "text"), [(0, "0m"), (300, "5m"), (90, "1m30s"), (244800, "2d20h"), (3600, "1h")]
)
def test_times_are_written_as_in_the_file(after: float, text: str) -> None:
    assert spoken(timedelta(seconds=after)) == text


def test_the_examples_of_the_documentation_fit_together_and_pass() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "oncall.md").read_text("utf-8")
    after = text[text.index("## People, teams, rooms") :]
    people, policies, routes, tests = re.findall(r"```yaml\n(.*?)```", after, re.DOTALL)
    others = "".join(
        f"  {name}: {{name: {name}, contacts: [{{channel: slack, address: {name}}}]}}\n"
        for name in ("ada", "chidi", "dana")
    )
    people = people.replace("teams:", f"{others}teams:").replace(
        "channels:", "channels:\n  audit-room: {channel: slack, address: C0AUDIT}\n  #", 1
    )
    turns = 'zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people'
    schedules = f"schedules:\n  default: {{{turns}: [ben, ada]}}\n  payments: {{{turns}: [chidi]}}\n"
    roster = parse_roster(people + schedules + policies + routes, "docs/oncall.md")
    (test,) = read_tests(tests, "docs/oncall.md", roster)
    assert run_test(roster, test).faults == ()
