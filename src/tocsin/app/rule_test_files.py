"""Finds files of rule tests and of the rules that they are about, beside each other or in packs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.packs import Packs, RuleFile, is_test, rule_files_in
from tocsin.app.rule_places import holds_tests, sorted_out, top_keys
from tocsin.detection.problems import RuleProblem
from tocsin.detection.testing.promtool import is_promtool
from tocsin.detection.testing.reading import read_tests
from tocsin.detection.testing.regression import Regression, is_regression, read_regressions
from tocsin.detection.testing.written import RuleTest
from tocsin.domain.errors import NotFound

TESTS = "tests"
RULES = "rules"
REGRESSION = "info.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromtoolFile:
    """A test file of promtool: where it lies, the path to show, its text."""

    place: Path
    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Rules and the tests about them; `problems` are test files or tests that cannot be understood.

    Each regression comes with the file of its records.
    """

    rules: tuple[RuleFile, ...]
    tables: tuple[RuleFile, ...]
    calendars: tuple[RuleFile, ...]
    tests: tuple[RuleTest, ...]
    regressions: tuple[tuple[Regression, Path], ...]
    promtool: tuple[PromtoolFile, ...]
    problems: tuple[RuleProblem, ...]


def gather(packs: Packs, paths: Sequence[Path], names: Sequence[str], rules: Sequence[Path] = ()) -> Gathered:
    """Find tests at paths or of packs (without either, of all packs), and the rules they are about.

    The rules of a path are those below it, or those beside a single file; the rules of all packs are loaded
    for the tests of one. `rules` names more. Raises `NotFound`.
    """
    _demand((*paths, *rules))
    found = {path: str(path) for place in paths for path in _tests_at(place)}
    beside = [_folder_of(place) for place in paths]
    files = [file for place in paths for file in _rules_of(place)]
    if names or not paths:
        beside += packs.installed()
        files += _rules_in(packs)
        found |= dict(packs.test_paths(names))
    files += _at(rules)
    reading = _Reading(found)
    return Gathered(
        rules=tuple({file.path: file for file in files}.values()),
        tables=_at(folder / "tables" for folder in beside),
        calendars=_at(folder / "calendars" for folder in beside),
        tests=tuple(reading.tests),
        regressions=tuple(reading.regressions),
        promtool=tuple(reading.promtool),
        problems=tuple(reading.problems),
    )


def _demand(paths: Iterable[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise NotFound(
                f"There is nothing at {path}.",
                means="No test was run.",
                next_step="Check the path; folders are searched as a whole.",
            )


def _at(places: Iterable[Path]) -> tuple[RuleFile, ...]:
    return tuple(file for place in places for file in rule_files_in(place))


def _rules_in(packs: Packs) -> Iterator[RuleFile]:
    for folder in packs.installed():
        yield from packs.rule_files(folder.name)


class _Reading:
    """What has been read so far, by whose format it is."""

    def __init__(self, files: Mapping[Path, str]) -> None:
        self.tests: list[RuleTest] = []
        self.regressions: list[tuple[Regression, Path]] = []
        self.promtool: list[PromtoolFile] = []
        self.problems: list[RuleProblem] = []
        for place, shown in files.items():
            self._read(place, shown)

    def _read(self, place: Path, shown: str) -> None:
        try:
            text = place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(_unreadable(shown, str(error)))
            return
        if is_promtool(text):
            self.promtool.append(PromtoolFile(place=place, path=shown, text=text))
        elif place.name == REGRESSION or is_regression(text):
            listed = read_regressions(shown, text)
            self.regressions += [(test, _records_of(place, test.file)) for test in listed.tests]
            self.problems += listed.problems
        else:
            read = read_tests(shown, text)
            self.tests += read.tests
            self.problems += read.problems


def _unreadable(shown: str, reason: str) -> RuleProblem:
    return RuleProblem(
        path=shown,
        line=1,
        column=1,
        rule="",
        reason=f"The file cannot be read: {reason}.",
        next_step="Make it a readable UTF-8 file, or remove it.",
    )


def _records_of(place: Path, named: str) -> Path:
    """Return the file of a regression's records: named from the repository's root, and always beside it."""
    beside = place.with_name(Path(named).name)
    roots = (parent / named for parent in place.parents)
    return beside if beside.is_file() else next((each for each in roots if each.is_file()), beside)


def _tests_at(place: Path) -> Iterator[Path]:
    if place.is_dir():
        every = sorted(place.rglob("*.y*ml"))
        yield from (path for path in every if path.is_file() and _is_one(path, place))
    elif is_test(place) or place.name == REGRESSION or TESTS in _two_above(place) or _reads_as_one(place):
        yield place
    else:
        yield from (path for path in (_beside(place, ".yml"), _beside(place, ".yaml")) if path.is_file())


def _is_one(path: Path, place: Path) -> bool:
    if is_test(path) or path.name == REGRESSION:
        return True
    return TESTS in (place.name, *path.relative_to(place).parent.parts)


def _reads_as_one(place: Path) -> bool:
    """Say whether a file that somebody named holds tests by its text, whatever its name is."""
    return any(holds_tests(place, top_keys(file)) for file in rule_files_in(place))


def _two_above(place: Path) -> tuple[str, str]:
    return place.parent.name, place.parent.parent.name


def _beside(rule: Path, suffix: str) -> Path:
    return rule.with_name(f"{rule.stem}.test{suffix}")


def _folder_of(place: Path) -> Path:
    """Return the folder of what a place is about: the pack's, when the place lies in its tests or rules."""
    folder = place if place.is_dir() else place.parent
    inside = next((each for each in (folder, folder.parent) if each.name in (TESTS, RULES)), None)
    return folder if inside is None else inside.parent


def _rules_of(place: Path) -> Iterator[RuleFile]:
    """Yield the rules that the tests at a place are about: below it, or beside it."""
    folder = _folder_of(place)
    inner = folder / RULES
    for file in sorted_out([inner if inner.is_dir() else folder]).sigma:
        parts = Path(os.path.relpath(file.path, folder)).parts
        if TESTS not in parts and parts[-1] != REGRESSION:
            yield file
