"""Reads SigmaHQ's regression files (`info.yml`) and judges the records that they name.

The format is that of https://github.com/SigmaHQ/sigma/tree/master/regression_data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.detection.explain import explain, holds
from tocsin.detection.problems import Place, RuleProblem, RuleRejected
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.header import text_of
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.testing import closure, fields
from tocsin.detection.testing.result import Kind, Result

_MOST_MATCHES = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One test: the rules (ids) that must hold for records of `file`; `count` None asks for at least one."""

    path: str
    place: Place
    name: str
    rules: tuple[str, ...]
    file: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Regressions:
    """The tests of one file, and what in it could not be understood."""

    tests: tuple[Regression, ...]
    problems: tuple[RuleProblem, ...]


def read_regressions(path: str, text: str) -> Regressions:
    """Read one `info.yml`; nothing is raised."""
    try:
        return Regressions(tuple(_tests(path, text)), ())
    except RuleRejected as error:
        return Regressions((), (error.problem(path=path, rule=""),))


def run_regression(test: Regression, rules: RuleSet, records: Iterable[Mapping[str, Any]]) -> Result:
    """Judge the records of a regression test by the rules it names."""
    known = closure.named(rules)
    seen = tuple(records)
    differences: list[str] = []
    for word in test.rules:
        rule = known.get(word)
        if isinstance(rule, Rule):
            differences += _unlike(test, rule, seen)
        else:
            differences.append(f"the rule `{word}` is not loaded.")
    return broken(test, *differences) if not seen else _result(test, tuple(differences))


def broken(test: Regression, *reasons: str) -> Result:
    """Return the result of a test that could not be run."""
    return _result(test, reasons or ("its file holds no record",), is_broken=True)


def _result(test: Regression, differences: tuple[str, ...], *, is_broken: bool = False) -> Result:
    return Result(
        kind=Kind.REGRESSION,
        path=test.path,
        line=test.place.line,
        column=test.place.column,
        rules=test.rules,
        name=test.name,
        differences=differences,
        is_broken=is_broken,
    )


def _unlike(test: Regression, rule: Rule, records: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    judged = holds(rule)
    count = sum(judged(record, None) for record in records)
    wanted = "at least 1" if test.count is None else str(test.count)
    if not count if test.count is None else count != test.count:
        yield f"{rule.header.title}: holds for {count} of {len(records)} records, expected {wanted}"
        if not count and records:
            yield f"why: {explain(rule, records[0]).summary()}"


def _tests(path: str, text: str) -> Iterator[Regression]:
    for document in documents(text):
        top = fields.table(document, "A regression file")
        listed = top.get("rule_metadata")
        rules = tuple(
            text_of(fields.table(node, "A member of `rule_metadata`"), "id")
            for node in (fields.members(listed, "`rule_metadata`") if listed else ())
        )
        written = top.get("regression_tests_info")
        for node in fields.members(written, "`regression_tests_info`") if written else ():
            yield _test(path, fields.table(node, "A regression test"), rules)


def _test(path: str, table: Table, rules: tuple[str, ...]) -> Regression:
    file = text_of(table, "path")
    if not file or not all(rules) or not rules:
        raise RuleRejected(
            table.place,
            "The regression test names no file or no rule.",
            next_step="Add `path:` to it, and `rule_metadata:` with the rule's `id` to the file.",
        )
    return Regression(
        path=path,
        place=table.place,
        name=text_of(table, "name") or "regression",
        rules=rules,
        file=file,
        count=fields.count(table, "match_count", most=_MOST_MATCHES),
    )


def is_regression(text: str) -> bool:
    """Say whether a YAML text is meant as a regression file."""
    return any(line.startswith("regression_tests_info:") for line in text.splitlines())
