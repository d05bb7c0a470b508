"""What a test of a rule says: which signals come when, and which alerts must come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin.detection.problems import Place, RuleProblem

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday; the beginning of a test that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Signals that are alike: `repeat` times `each` records, `every` and `apart` microseconds apart.

    `at` is the instant of the first, in microseconds since 1970. `cycle` gives the nth signal the nth value
    under a dotted name. `days` is `weekdays`, `weekends` or empty and leaves out the repetitions on other
    days (UTC). `of` names the rule whose log source the signals get, `elsewhere` says that they belong to
    none that the rules ask for.
    """

    place: Place
    at: int
    every: int
    repeat: int
    each: int
    apart: int
    days: str
    record: Mapping[str, Any]
    cycle: tuple[tuple[str, tuple[Any, ...]], ...]
    of: str
    source: str
    elsewhere: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One alert that must (or must not) come; None and empty parts are not compared.

    `at` is when it first comes out, `first` and `last` its signals' times, in microseconds since 1970.
    `severity` is P1 to P4 or a Sigma level. `group` is compared without regard to case.
    """

    place: Place
    rule: str = ""
    at: int | None = None
    first: int | None = None
    last: int | None = None
    count: int | None = None
    severity: str = ""
    group: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """One test. `expect` None asks only for `expect_not`; `until` is how long sources are heard, or None."""

    name: str
    path: str
    place: Place
    rules: tuple[str, ...]
    start: datetime
    logsource: tuple[tuple[str, str], ...]
    streams: tuple[Stream, ...]
    expect: tuple[Expected, ...] | None
    expect_not: tuple[Expected, ...]
    until: int | None
    shuffle: bool
    tables: Mapping[str, Any]

    @property
    def fires(self) -> bool:
        """Say whether the test wants an alert, else it wants quiet."""
        return bool(self.expect)


@dataclass(frozen=True, slots=True)
class TestFile:
    """The tests of one file, and what in it could not be understood."""

    __test__ = False

    tests: tuple[RuleTest, ...]
    problems: tuple[RuleProblem, ...]
