"""Runs the tests of rules, whosever format they are in, and says which rules have too few."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path

import orjson

from tocsin.app.packs import PACKS, RuleFile
from tocsin.app.rule_test_files import Gathered, PromtoolFile
from tocsin.connectors.signals.files import RefusedLine, read_file
from tocsin.detection.problems import RuleProblem
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.tables import read as read_tables
from tocsin.detection.testing import closure
from tocsin.detection.testing.promtool import run_promtool
from tocsin.detection.testing.regression import Regression, broken, run_regression
from tocsin.detection.testing.result import Kind, Result, Tested, tally
from tocsin.detection.testing.running import Ground, Rules, run_test
from tocsin.domain.errors import Explained
from tocsin.domain.severity import Severity

_TABLE_SETS = 8
"""Rule sets kept in memory, one for each set of lookup tables that tests put in place."""

_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


class NoTests(Explained):
    """Nothing was tested, so that "all passed" would be no answer."""

    code = "no_rule_tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How all tests went, and the rules they ran on. `results` has a broken one for each problem."""

    results: tuple[Result, ...]
    rules: RuleSet

    @property
    def failed(self) -> tuple[Result, ...]:
        """Return those that did not pass."""
        return tuple(result for result in self.results if not result.passed)

    def headers(self) -> tuple[Header, ...]:
        """Return the headers of all rules and correlations."""
        heads = (each.header for each in self.rules.correlations)
        return (*(rule.header for rule in self.rules.rules), *heads)


def results(
    gathered: Gathered, levels: Mapping[str, Severity | None], *, pattern: str = ""
) -> tuple[Result, ...]:
    """Run the tests whose path, rule or name holds `pattern`; each problem is a broken one."""
    return _results(gathered, levels, _loader(gathered), pattern)


def run(gathered: Gathered, levels: Mapping[str, Severity | None], *, pattern: str = "") -> Ran:
    """Run the tests whose path, rule or name holds `pattern`. Raises `NoTests` when there is none."""
    rules = _loader(gathered)
    found = _results(gathered, levels, rules, pattern)
    if not found:
        raise NoTests(
            "No test was found.",
            means="Nothing was tested, so that no failure would have told nothing.",
            next_step="Write NAME.test.yml beside a rule, or name other paths, packs or a shorter -k.",
        )
    return Ran(results=found, rules=rules({}))


def _results(
    gathered: Gathered, levels: Mapping[str, Severity | None], rules: Rules, pattern: str
) -> tuple[Result, ...]:
    def fits(path: str, words: Iterable[str], name: str) -> bool:
        return pattern.casefold() in " ".join((path, *words, name)).casefold()

    ground = Ground(rules=rules, levels=levels)
    promtool = (result for file in gathered.promtool for result in _promtool(file))
    return (
        *(_broken(problem) for problem in gathered.problems),
        *(run_test(test, ground) for test in gathered.tests if fits(test.path, test.rules, test.name)),
        *(
            _regression(test, file, rules({}))
            for test, file in gathered.regressions
            if fits(test.path, test.rules, test.name)
        ),
        *(result for result in promtool if fits(result.path, result.rules, result.name)),
    )


def untested(ran: Ran, least: int, packs: Collection[str] = ()) -> dict[str, Tested]:
    """Return the rules with fewer than `least` passing tests that want an alert, or as many that want quiet.

    A rule that only feeds correlations needs none of its own if one that it feeds has enough. With `packs`
    only rules of these are looked at.
    """
    tested = tally(ran.results)
    enough = {label for label, counts in tested.items() if counts.has(least)}
    covered = closure.silent(ran.rules) & _fed(ran.rules, enough)
    everything = [
        head.label
        for head in ran.headers()
        if not packs or any(f"{PACKS}/{name}/" in head.path for name in packs)
    ]
    return {label: tested.get(label, Tested()) for label in everything if label not in enough | covered}


def _fed(rules: RuleSet, enough: set[str]) -> set[str]:
    """Return the labels of what the correlations among these are made from."""
    counted = [each.header.label for each in rules.correlations if each.header.label in enough]
    return {each.header.label for label in counted for each in _below(rules, label)}


def _below(rules: RuleSet, label: str) -> Iterable[closure.Either]:
    part = closure.needed(rules, [label])
    return (*part.rules, *part.correlations)


def _loader(gathered: Gathered) -> Rules:
    """Return what loads the rules with tables in place of those beside them; the last few are remembered."""

    @lru_cache(maxsize=_TABLE_SETS)
    def with_tables(written: bytes) -> RuleSet:
        tables, calendars = [_pairs(gathered.tables)], [_pairs(gathered.calendars)]
        for name, table in orjson.loads(written).items():
            whole = {"name": name, **(table if isinstance(table, dict) else {"values": table})}
            place = calendars if "weekly" in whole else tables
            place.append([("tables of the test", orjson.dumps(whole).decode())])
        return load(_pairs(gathered.rules), read_tables(chain(*tables), chain(*calendars)))

    return lambda tables: with_tables(orjson.dumps(tables, option=orjson.OPT_SORT_KEYS))


def _pairs(files: Iterable[RuleFile]) -> list[tuple[str, str | RuleProblem]]:
    return [(file.path, file.text) for file in files]


def _regression(test: Regression, file: Path, rules: RuleSet) -> Result:
    refused: list[RefusedLine] = []
    try:
        records = [each.record for each in read_file(file, undated=_UNDATED, refuse=refused.append)]
    except Explained as error:
        return broken(test, f"{error.happened} {error.next_step}")
    if refused:
        return broken(test, *(f"{file}: {each.reason}" for each in refused[:3]))
    return run_regression(test, rules, records)


def _promtool(file: PromtoolFile) -> Iterator[Result]:
    def read_rules(name: str) -> str | RuleProblem:
        try:
            return (file.place.parent / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            step = "Correct the path; it counts from the test file."
            return RuleProblem(path=name, line=1, column=1, rule="", reason=f"{error}.", next_step=step)

    yield from run_promtool(file.path, file.text, read_rules)


def _broken(problem: RuleProblem) -> Result:
    return Result(
        kind=Kind.OURS,
        path=problem.path,
        line=problem.line,
        column=problem.column,
        rules=(problem.rule,) if problem.rule else (),
        name="the file can be read",
        differences=(f"{problem.reason} {problem.next_step}",),
        is_broken=True,
    )
