"""Correlations are joined with what they name, whatever the order, and circles are told."""

from __future__ import annotations

import random

import pytest

from tocsin.detection.resolving import MOST_NAMED, Resolved, references, resolve, words
from tocsin.detection.sigma import correlation_rule, rule, tables
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tables import Tables

OTHER = "title: Other\nname: other\nlogsource: {category: c}\ndetection: {s: {a: z}, condition: s}\n"


def table(text: str) -> Table:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return root


def base(value: str = "x") -> Rule:
    text = "title: Base\nname: base\nlogsource: {category: c}\n"
    text += f"detection: {{s: {{a: {value}}}, condition: s}}\n"
    return rule.read(table(text), "base.yml")


def naming(name: str, *others: str, added: str = "") -> Correlation:
    text = f"title: T\nname: {name}\n"
    text += f"correlation: {{type: temporal, rules: [{', '.join(others)}], timespan: 5m}}\n"
    return correlation_rule.read(table(text + added), f"{name}.yml")


def order(found: Resolved) -> list[str]:
    return [each.header.name for each in found.correlations]


def test_a_correlation_stands_behind_those_it_names_else_as_it_was_written() -> None:
    found = resolve(
        [base()], [naming("d", "c", "a"), naming("c", "b"), naming("b", "base"), naming("a", "base")]
    )
    assert order(found) == ["b", "c", "a", "d"]
    assert found.problems == ()


def test_a_long_chain_is_resolved_in_any_order() -> None:
    chain = [naming("c0", "base"), *(naming(f"c{number}", f"c{number - 1}") for number in range(1, 1_500))]
    random.Random(5).shuffle(chain)
    assert order(resolve([base()], chain)) == [f"c{number}" for number in range(1_500)]


def test_the_key_covers_every_rule_below() -> None:
    def top(value: str) -> str:
        return resolve([base(value)], [naming("b", "a"), naming("a", "base")]).correlations[-1].key

    assert top("x") == top("x")
    assert top("x") != top("y")


@pytest.mark.parametrize("name", ["base", "gone"])
def test_the_rules_of_a_ratio_are_needed_too(name: str) -> None:
    text = (
        "title: T\ncorrelation: {type: event_count, rules: base, timespan: 5m, condition: {gte: 1}}\n"
        f"tocsin.ratio: {{of: [base, {name}], gt: 0.5}}\n"
    )
    ratio = correlation_rule.read(table(text), "r.yml")
    assert references(ratio) == tuple(dict.fromkeys(("base", name)))
    assert len(resolve([base()], [ratio]).problems) == (name == "gone")


def test_what_names_an_absent_rule_is_a_problem_and_so_is_what_names_it() -> None:
    found = resolve([base()], [naming("a", "base", "gone"), naming("b", "a"), naming("c", "base")])
    assert order(found) == ["c"]
    assert [(each.path, each.line, each.column, each.reason) for each in found.problems] == [
        ("a.yml", 3, 38, "The correlation names the rule `gone`, which is not loaded."),
        ("b.yml", 3, 38, "The correlation names the rule `a`, which is not loaded."),
    ]


def test_a_circle_is_told_by_each_of_its_members_and_only_by_them() -> None:
    found = resolve(
        [base()], [naming("a", "base", "b"), naming("b", "c"), naming("c", "a"), naming("d", "b")]
    )
    assert order(found) == []
    assert [each.reason.partition(": ")[2] for each in found.problems] == [
        "`a` -> `b` -> `c` -> `a`.",
        "`b` -> `c` -> `a` -> `b`.",
        "`c` -> `a` -> `b` -> `c`.",
        "",
    ]


def test_a_correlation_that_names_itself_is_a_circle() -> None:
    assert "`a` -> `a`" in resolve([], [naming("a", "a")]).problems[0].reason


def test_the_message_about_a_long_circle_is_short() -> None:
    circle = [naming(f"c{number}", f"c{(number + 1) % 40}") for number in range(40)]
    problems = resolve([], circle).problems
    assert len(problems) == 40
    assert all(problem.reason.count("->") == MOST_NAMED + 1 for problem in problems)


@pytest.mark.parametrize(
    ("kind", "condition", "extension"),
    [
        ("temporal", "base and not other", "tocsin.heartbeat: {inventory: services}"),
        ("value_count", "{field: ip, gte: 1}", "tocsin.new_value: {field: ip, by: services}"),
    ],
)
def test_the_tables_of_a_correlation_are_needed_and_belong_to_its_key(
    kind: str, condition: str, extension: str
) -> None:
    rules = "[base, other]" if kind == "temporal" else "base"
    text = f"title: T\ncorrelation: {{type: {kind}, rules: {rules}, timespan: 5m, condition: {condition}}}\n"
    waiting = correlation_rule.read(table(text + extension), "w.yml")
    both = [base(), rule.read(table(OTHER), "o.yml")]

    def known(value: str) -> Tables:
        return tables.read([("t.yml", f"name: services\nvalues: [{value}]\n")], [])

    keys = {resolve(both, [waiting], known(value)).correlations[0].key for value in ("a", "b", "a")}
    assert len(keys) == 2
    (problem,) = resolve(both, [waiting]).problems
    assert "needs the table `services`" in problem.reason


def test_a_new_value_by_prefix_needs_no_table() -> None:
    text = "title: T\ncorrelation: {type: value_count, rules: base, timespan: 5m, "
    text += "condition: {field: a, gte: 1}}\n"
    each = correlation_rule.read(table(text + "tocsin.new_value: {field: a, by: /24}\n"), "w.yml")
    assert resolve([base()], [each]).problems == ()


def test_a_rule_is_known_by_id_and_name_else_by_its_title() -> None:
    assert words(naming("n", "x").header) == {"n"}
    assert words(naming("n", "x", added="id: i\n").header) == {"n", "i"}
