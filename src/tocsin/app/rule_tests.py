"""Finds the tests of rules in packs, files and folders, runs them, and says which rules have too few."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from tocsin.app.packs import Packs, RuleFile, is_test, rule_files_in
from tocsin.detection.problems import RuleProblem
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma.tables import read as read_tables
from tocsin.detection.testing import closure
from tocsin.detection.testing.reading import read_tests
from tocsin.detection.testing.result import Kind, Result, Tested, tally
from tocsin.detection.testing.running import Ground, run_test
from tocsin.detection.testing.written import RuleTest, TestFile
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.severity import Severity

TESTS = "tests"
_TABLE_SETS = 8
"""Rule sets kept in memory, one for each set of lookup tables that tests put in place."""


class NoTests(Explained):
    """Nothing was tested, so that "all passed" would be no answer."""

    code = "no_rule_tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Rules and the tests about them; `problems` are test files or tests that cannot be understood."""

    rules: tuple[RuleFile, ...]
    tables: tuple[RuleFile, ...]
    calendars: tuple[RuleFile, ...]
    tests: tuple[RuleTest, ...]
    problems: tuple[RuleProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How all tests went, and the rules they ran on. `results` has a broken one for each problem."""

    results: tuple[Result, ...]
    rules: RuleSet

    @property
    def failed(self) -> tuple[Result, ...]:
        """Return those that did not pass."""
        return tuple(result for result in self.results if not result.passed)


def gather(packs: Packs, paths: Sequence[Path], names: Sequence[str], rules: Sequence[Path] = ()) -> Gathered:
    """Find tests at paths or of packs (without either, of all packs), and the rules they are about.

    The rules of a path are those below it, or those beside a single file; the rules of all packs are loaded
    for the tests of one. `rules` names more. Raises `NotFound`.
    """
    for path in (*paths, *rules):
        if not path.exists():
            raise NotFound(
                f"There is nothing at {path}.",
                means="No test was run.",
                next_step="Check the path; folders are searched as a whole.",
            )
    found = {path: str(path) for place in paths for path in _tests_at(place)}
    beside = [_folder_of(place) for place in paths]
    files = [file for place in paths for file in _rules_of(place)]
    if names or not paths:
        beside += packs.installed()
        files += [file for folder in packs.installed() for file in packs.rule_files(folder.name)]
        found |= {path: shown for path, shown in packs.test_paths(names)}
    files += [file for place in rules for file in rule_files_in(place)]
    read = [_read(path, shown) for path, shown in found.items()]
    return Gathered(
        rules=tuple({file.path: file for file in files}.values()),
        tables=tuple(file for folder in beside for file in rule_files_in(folder / "tables")),
        calendars=tuple(file for folder in beside for file in rule_files_in(folder / "calendars")),
        tests=tuple(test for file in read for test in file.tests),
        problems=tuple(problem for file in read for problem in file.problems),
    )


def run(gathered: Gathered, levels: Mapping[str, Severity | None], *, pattern: str = "") -> Ran:
    """Run the tests whose path, rule or name holds `pattern`. Raises `NoTests` when there is none."""
    rules = _loader(gathered)
    ground = Ground(rules=rules, levels=levels)
    chosen = [test for test in gathered.tests if _fits(test, pattern)]
    broken = [_broken(problem) for problem in gathered.problems]
    if not chosen and not broken:
        raise NoTests(
            "No test was found.",
            means="Nothing was tested, so that no failure would have told nothing.",
            next_step="Write NAME.test.yml beside a rule, or name other paths, packs or a shorter -k.",
        )
    return Ran(results=(*broken, *(run_test(test, ground) for test in chosen)), rules=rules({}))


def untested(ran: Ran, least: int) -> dict[str, Tested]:
    """Return the rules with fewer than `least` passing tests that want an alert, or as many that want quiet.

    A rule that only feeds correlations needs none of its own if one that it feeds has enough.
    """
    tested = tally(ran.results)
    known = closure.named(ran.rules)
    enough = {label for label, counts in tested.items() if counts.has(least)}
    fed: set[str] = set()
    for correlation in ran.rules.correlations:
        if correlation.header.label in enough:
            fed |= {rule.header.label for rule in _below(ran.rules, correlation.header.label)}
    silent = {
        known[word].header.label
        for each in ran.rules.correlations
        if not each.generate
        for word in closure.references(each)
        if word in known
    }
    everything = [each.header.label for each in ran.rules.rules]
    everything += [each.header.label for each in ran.rules.correlations]
    short = (label for label in everything if label not in enough and not (label in silent and label in fed))
    return {label: tested.get(label, Tested()) for label in short}


def _below(rules: RuleSet, label: str) -> Iterable[closure.Either]:
    part = closure.needed(rules, [label])
    return (*part.rules, *part.correlations)


def _loader(gathered: Gathered) -> Callable[[Mapping[str, Any]], RuleSet]:
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


def _fits(test: RuleTest, pattern: str) -> bool:
    text = " ".join((test.path, *test.rules, test.name)).casefold()
    return pattern.casefold() in text


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


def _tests_at(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (
            path for path in sorted(place.rglob("*.y*ml")) if is_test(path) or _is_in_tests(path, place)
        )
    elif is_test(place) or place.parent.name == TESTS:
        yield place
    else:
        yield from (path for path in (_beside(place, ".yml"), _beside(place, ".yaml")) if path.is_file())


def _is_in_tests(path: Path, place: Path) -> bool:
    return path.is_file() and TESTS in (place.name, *path.relative_to(place).parent.parts)


def _beside(rule: Path, suffix: str) -> Path:
    return rule.with_name(f"{rule.stem}.test{suffix}")


def _rules_of(place: Path) -> Iterator[RuleFile]:
    """Yield the rules that the tests at a place are about: below it, or beside it."""
    folder = _folder_of(place)
    inner = folder / "rules"
    for file in rule_files_in(inner if inner.is_dir() else folder):
        if TESTS not in Path(os.path.relpath(file.path, folder)).parts:
            yield file


def _folder_of(place: Path) -> Path:
    """Return the folder of what a place is about: the pack's, when the place lies in its tests or rules."""
    folder = place if place.is_dir() else place.parent
    inside = next((each for each in (folder, folder.parent) if each.name in (TESTS, "rules")), None)
    return folder if inside is None else inside.parent


def _read(path: Path, shown: str) -> TestFile:
    try:
        return read_tests(shown, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problem = RuleProblem(
            path=shown,
            line=1,
            column=1,
            rule="",
            reason=f"The file cannot be read: {error}.",
            next_step="Make it a readable UTF-8 file, or remove it.",
        )
        return TestFile((), (problem,))
