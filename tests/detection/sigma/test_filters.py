"""Filters are added to the rules of their log source, as they are written (S35, S36)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.resolving import words
from tocsin.detection.sigma import rule, tables
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.filters import Filter, applied, misdirected, read
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import Interned

RULE = "title: R\nname: r\nlogsource: {product: p, category: c}\ndetection: {s: {a: x}, condition: s}\n"
FILTER = """title: F
logsource: {product: p}
filter:
  rules: [r]
  selection: {user: adm}
  condition: not selection
"""
TABLES = tables.read(
    [("t.yml", "name: adms\nkey: u\nrows: [{u: adm, from: '1970-01-01T00:00:01Z'}]\n")],
    [("c.yml", "name: hours\nweekly: {monday: '09:00-10:00'}\n")],
)


def table(text: str) -> Table:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return root


def base(added: str = "") -> Rule:
    return rule.read(table(RULE + added), "r.yml", TABLES)


def filtering(*changes: tuple[str, str]) -> Filter:
    text = FILTER
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read(table(text), "f.yml", TABLES)


def holds(found: Rule, record: dict[str, Any]) -> bool:
    return Interned().compile(found.tree)(Facts(record, Memo()))


def with_filters(found: Rule, *filters: Filter) -> Rule:
    return applied(found, words(found.header), filters)


def test_a_filter_is_added_as_it_is_written() -> None:
    found = with_filters(base(), filtering())
    assert holds(found, {"a": "x", "user": "eve"})
    assert not holds(found, {"a": "x", "user": "adm"})
    narrowed = with_filters(base(), filtering(("not selection", "selection")))
    assert not holds(narrowed, {"a": "x", "user": "eve"})
    assert holds(narrowed, {"a": "x", "user": "adm"})


def test_a_condition_without_not_is_remarked() -> None:
    assert filtering().remarks == ()
    ((place, reason),) = filtering(("not selection", "selection")).remarks
    assert (place.line, "no `not`" in reason) == (6, True)


@pytest.mark.parametrize(
    ("source", "rules", "covers"),
    [
        ("{product: p}", "[r]", True),
        ("{product: P, category: c}", "r", True),
        ("{category: c}", "any", True),
        ("{category: c}", "ANY", True),
        ("{category: c}", "[]", True),
        ("{product: p, service: s}", "any", False),
        ("{product: q}", "any", False),
        ("{category: d}", "any", False),
        ("{product: p}", "[other]", False),
    ],
)
def test_a_filter_is_for_a_log_source_and_for_named_rules_or_any(
    source: str, rules: str, covers: bool
) -> None:
    found = filtering(("{product: p}", source), ("[r]", rules))
    assert found.covers(base(), words(base().header)) is covers


def test_the_key_of_a_rule_covers_its_filters_in_any_order() -> None:
    one, two = filtering(), filtering(("adm", "root"))
    assert with_filters(base()).key == base().key
    assert with_filters(base(), one, two).key == with_filters(base(), two, one).key
    assert len({base().key, with_filters(base(), one).key, with_filters(base(), one, two).key}) == 3


def test_a_filter_may_ask_tables_and_time() -> None:
    found = filtering(("user: adm", "user|expand: '%adms%'"))
    assert len(found.remarks) == 1
    assert not holds(with_filters(base(), found), {"a": "x", "user": "adm"})
    within_hours = base("tocsin.lookup: {inside: hours}\n")
    both = with_filters(within_hours, filtering())
    assert both.timed is not None
    assert not holds(both, {"a": "x", "user": "adm"})
    assert holds(both, {"a": "x"})


@pytest.mark.parametrize(
    ("old", "new", "line", "words_"),
    [
        ("  rules: [r]\n", "", 4, "for which `rules`"),
        ("  condition: not selection\n", "", 4, "no `condition`"),
        ("not selection", "not other", 6, "names no selection"),
        ("logsource: {product: p}\n", "", 1, "`logsource` is missing"),
    ],
)
def test_a_faulty_filter_is_refused_at_its_place(old: str, new: str, line: int, words_: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        filtering((old, new))
    assert words_ in caught.value.happened
    assert caught.value.place.line == line


def test_a_filter_names_rules_that_are_there_and_no_correlations() -> None:
    found = filtering(("[r]", "[r, other]"))
    assert misdirected(filtering(), {"r": base()}, ()) is None
    assert misdirected(filtering(("[r]", "any")), {}, ()) is None
    for correlations, said in (((), "not loaded"), (("other",), "is a correlation")):
        refused = misdirected(found, {"r": base()}, correlations)
        assert refused is not None
        assert said in refused.happened
        assert refused.place == found.rules_place
