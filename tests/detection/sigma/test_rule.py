"""Detection rules: their log source, their digest, and what depends on tables and time."""

from __future__ import annotations

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma import tables
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.extension import Emit
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.sigma.moments import during
from tocsin.detection.sigma.rule import Rule, log_source, read
from tocsin.detection.sigma.tables import NO_TABLES, Tables
from tocsin.detection.sigma.tree import All, Not, needs_time, timeless

RULE = """title: T
logsource: {product: Windows, category: process_creation}
detection:
  s: {a: x}
  known: {b|expand: '%roles%'}
  condition: s and not known
"""


def known(*values: str) -> Tables:
    return tables.read([("a.yml", f"name: roles\nvalues: [{', '.join(values)}]\n")], [])


ROWS = "name: roles\nkey: arn\nrows: [{arn: x, from: '2026-01-01T00:00:00Z'}, {arn: y, team: t}]\n"
VALID = tables.read([("a.yml", ROWS)], [("c.yml", "name: hours\nweekly: {monday: '09:00-17:00'}\n")])
LOOKUP = "tocsin.lookup: {table: roles, key: arn, valid_at: event_time}\n"


def table(text: str) -> Table:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return root


def rule(text: str, with_tables: Tables = NO_TABLES) -> Rule:
    return read(table(text), "r.yml", with_tables)


def test_the_log_source_is_read_in_lower_case() -> None:
    found = rule(RULE, known("a"))
    assert (found.logsource.product, found.logsource.category) == ("windows", "process_creation")


def test_the_key_follows_the_meaning_only() -> None:
    plain = RULE.replace("|expand", "")
    key = rule(plain).key
    assert rule(plain.replace("a: x", "a: 'x'") + "description: new\ntocsin.labels: {a: b}\n").key == key
    assert rule(plain.replace("a: x", "a: y")).key != key
    assert rule(plain + "tocsin.emit: each\n").key != key


def test_the_key_covers_the_content_of_the_tables() -> None:
    assert rule(RULE, known("a")).key == rule(RULE, known("a")).key
    assert rule(RULE, known("a")).key != rule(RULE, known("a", "b")).key
    plain = RULE.replace("|expand", "")
    assert rule(plain, known("a")).key == rule(plain).key


def test_a_rule_without_questions_about_time_has_one_tree() -> None:
    found = rule(RULE, VALID)
    assert found.timed is None
    assert not needs_time(found.tree)
    ((place, reason),) = found.remarks
    assert (place.line, "begin or end" in reason) == (5, True)


def test_rows_that_begin_and_end_are_asked_at_the_events_time() -> None:
    found = rule(RULE + LOOKUP, VALID)
    assert found.remarks == ()
    assert found.timed is not None
    assert during((1_767_225_600_000_000, None)) in _parts(found.timed)
    assert not needs_time(found.tree)


def _parts(tree: object) -> list[object]:
    branches = getattr(tree, "branches", ()) or ((tree.branch,) if isinstance(tree, Not) else ())
    return [tree, *(part for branch in branches for part in _parts(branch))]


def test_calendars_are_part_of_the_rule() -> None:
    text = RULE.replace("|expand", "")
    inside = rule(text + "tocsin.lookup: {inside: hours}\n", VALID)
    outside = rule(text + "tocsin.lookup: {outside: hours}\n", VALID)
    assert inside.tree == outside.tree == timeless(rule(text).tree)
    assert isinstance(inside.timed, All)
    assert isinstance(outside.timed, All)
    assert outside.timed.branches[1] == Not(inside.timed.branches[1])
    assert len({inside.key, outside.key, rule(text).key}) == 3


@pytest.mark.parametrize(
    ("added", "line", "words"),
    [
        ("tocsin.lookup: {outside: gone}", 7, "no calendar `gone`"),
        ("tocsin.lookup: {table: gone}", 7, "`%gone%` is not resolved"),
        ("tocsin.lookup: {table: roles, key: gone}", 7, "no column `gone`"),
        ("tocsin.for: 5m", 7, "does not belong"),
        ("logsource:", 7, "stands twice"),
    ],
)
def test_a_fault_is_refused_at_its_place(added: str, line: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        rule(RULE + added + "\n", VALID)
    assert words in caught.value.happened
    assert caught.value.place.line == line


@pytest.mark.parametrize(
    ("source", "column", "words"),
    [
        ("{prodcut: windows}", 13, "`prodcut` is unknown here"),
        ("{product: windows, catgory: x}", 31, "`catgory` is unknown here"),
        ("{definition: text}", 12, "is empty"),
        ("{product: }", 12, "is empty"),
        ("{}", 12, "missing or not a map"),
    ],
)
def test_a_log_source_that_would_be_every_record_is_refused(source: str, column: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        rule(RULE.replace("{product: Windows, category: process_creation}", source))
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (2, column)


def test_a_log_source_may_have_keys_of_its_own() -> None:
    found = log_source(table("logsource: {product: p, definition: x, tenant: y}\n"))
    assert found == LogSource(product="p")


def test_a_rule_keeps_what_comes_out_and_its_selections() -> None:
    found = rule(RULE + "tocsin.emit: each\n", known("a"))
    assert found.extensions.emit is Emit.EACH
    assert [name for name, _ in found.selections] == ["s", "known"]
