"""Checks one on-call file with everything that this installation knows: connectors, calendars, tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.app.channels import channel_names
from tocsin.app.manners import KEEPS_STATE
from tocsin.app.packs import PackFile
from tocsin.domain.pack_file import PackProblem
from tocsin.oncall.checking import (
    Finding,
    FindingKind,
    shared_addresses,
    unknown_channels,
    weak_routes,
)
from tocsin.oncall.roster import Roster, parse_roster
from tocsin.oncall.roster_tests import Verdict, read_tests, run_test
from tocsin.oncall.schedules.calendar_file import CalendarFile

ONE_ALERT = KEEPS_STATE - {"slack"}
"""Channels that keep one alert an incident and address; Slack posts each page and so rings anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a check. `roster` is None where the file cannot be read at all."""

    roster: Roster | None
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def problems(self) -> int:
        """Return how many problems there are, failed tests not counted."""
        return sum(each.kind is FindingKind.PROBLEM for each in self.findings)

    @property
    def failed(self) -> int:
        """Return how many tests failed."""
        return sum(bool(each.faults) for each in self.verdicts)


def check(file: PackFile, calendars: Mapping[str, CalendarFile], tests: PackFile | None) -> Checked:
    """Read the file, look for what cannot work, and run the tests; a mistake is a finding, never raised."""
    try:
        roster = parse_roster(file.text, file.path, calendars)
    except PackProblem as problem:
        return Checked(roster=None, findings=(_finding(problem),))
    findings = (
        *unknown_channels(file.text, file.path, channel_names()),
        *weak_routes(roster),
        *shared_addresses(roster, ONE_ALERT),
    )
    if tests is None:
        return Checked(roster=roster, findings=findings)
    try:
        read = read_tests(tests.text, tests.path, roster)
    except PackProblem as problem:
        return Checked(roster=roster, findings=(*findings, _finding(problem)))
    verdicts = tuple(run_test(roster, one) for one in read)
    return Checked(roster=roster, findings=findings, verdicts=verdicts)


def _finding(problem: PackProblem) -> Finding:
    place = f"{problem.path}:{problem.line}:{problem.column}"
    return Finding(
        kind=FindingKind.PROBLEM,
        place=place,
        text=problem.happened.removeprefix(f"{place}: "),
        next_step=problem.next_step,
    )
