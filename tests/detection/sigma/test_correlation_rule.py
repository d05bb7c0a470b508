"""Correlation rules: what is read, and every fault with its place (S26-S31)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.correlation import Correlation, Either, Every, Kind, Never, Seen
from tocsin.detection.sigma.correlation_rule import read
from tocsin.detection.sigma.document import Table, documents

WHOLE = """title: Many
correlation:
  type: value_count
  rules: [a, b]
  group-by: src_ip
  timespan: 10m
  condition: {field: user, gte: 5, lt: 9}
  generate: true
  aliases:
    src_ip: {a: source, b: from}
"""
COUNT = (
    "title: Many\ncorrelation:\n  type: event_count\n  rules: a\n  timespan: 5m\n  condition:\n    gt: 5\n"
)


def correlation(text: str) -> Correlation:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return read(root, "c.yml")


def test_a_correlation_is_read_in_full() -> None:
    found = correlation(WHOLE.replace("group-by: src_ip", "group-by: [src_ip]"))
    assert (found.kind, found.rules, found.group_by, found.span) == (
        "value_count",
        ("a", "b"),
        ("src_ip",),
        600,
    )
    assert found.bounds == (("gte", 5), ("lt", 9))
    assert (found.fields, found.generate) == (("user",), True)
    assert found.aliases == (("src_ip", (("a", "source"), ("b", "from"))),)
    assert found.key == correlation(WHOLE.replace("src_ip\n", "[src_ip]\n")).key
    assert correlation(COUNT).aliases == ()
    assert correlation(COUNT).generate is False


@pytest.mark.parametrize(
    ("bounds", "counts"),
    [
        ({"gt": 5}, [6, 7]),
        ({"gte": 6}, [6, 7]),
        ({"lt": 5}, [4]),
        ({"lte": 4}, [4]),
        ({"eq": 5}, [5]),
        ({"neq": 5}, [4, 6, 7]),
        ({"gt": 4, "lte": 6}, [5, 6]),
    ],
)
def test_all_bounds_must_hold(bounds: dict[str, Any], counts: list[int]) -> None:
    written = "".join(f"\n    {name}: {bound}" for name, bound in bounds.items())
    found = correlation(COUNT.replace("\n    gt: 5", written))
    assert [count for count in (4, 5, 6, 7) if found.satisfied(count)] == counts


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "words"),
    [
        ("type: event_count", "type: temporal_extended", 3, 9, "condition that is text"),
        ("type: event_count", "type: value_sum", 7, 5, "need a `field`"),
        ("    gt: 5", "    percentile: 5\n    gt: 5", 7, 17, "needs a `percentile`"),
        ("rules: a", "rules: [a, a]", 4, 10, "names one rule twice"),
        ("type: event_count", "type: evnt_count", 3, 9, "unknown"),
        ("  type: event_count\n", "", 3, 3, "unknown"),
        ("rules: a", "rule: a", 4, 3, "unknown here"),
        ("  rules: a\n", "", 3, 3, "names no `rules`"),
        ("timespan: 5m", "timespan: 5 minutes", 5, 13, "timespan"),
        ("timespan: 5m", "timespan: 0s", 5, 13, "timespan"),
        ("timespan: 5m", "timespan: 11y", 5, 13, "timespan"),
        ("  timespan: 5m\n", "", 3, 3, "timespan"),
        ("    gt: 5", "    more: 5", 7, 5, "unknown here"),
        ("    gt: 5", "    gt: five", 7, 9, "must be a number"),
        ("    gt: 5", "    gt: true", 7, 9, "must be a number"),
        ("    gt: 5", "    gt: [5]", 7, 9, "must be a number"),
        ("    gt: 5", "    gt: 100001", 7, 9, "must be a number"),
        ("    gt: 5", "    field: user\n    gt: 5", 7, 5, "value types"),
        ("type: event_count", "type: value_count", 7, 5, "value types"),
        ("\n    gt: 5", " a and not b", 6, 14, "must be a map"),
        ("\n    gt: 5", " [a]", 6, 14, "not a map"),
        ("timespan: 5m", "timespan: 5m\n  generate: yes", 6, 13, "true or false"),
        ("timespan: 5m", "timespan: 5m\n  aliases: x", 6, 12, "must be a map"),
        ("timespan: 5m", "timespan: 5m\n  group-by: u\n  aliases: {u: x}", 7, 16, "must be a map"),
        ("timespan: 5m", "timespan: 5m\n  aliases: {u: {a: x}}", 6, 13, "not used"),
        ("timespan: 5m", "timespan: 5m\n  group-by: u\n  aliases: {u: {z: x}}", 7, 17, "unknown here"),
    ],
)
def test_a_fault_is_refused_at_its_place(old: str, new: str, line: int, column: int, words: str) -> None:
    assert old in COUNT
    with pytest.raises(RuleRejected) as caught:
        correlation(COUNT.replace(old, new))
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


def test_a_condition_needs_a_bound() -> None:
    with pytest.raises(RuleRejected, match="no bound"):
        correlation(WHOLE.replace("{field: user, gte: 5, lt: 9}", "{field: user}"))


TEMPORAL = """title: Both
correlation:
  type: temporal
  rules: [a, b, c]
  timespan: 5m
"""


def test_a_temporal_correlation_needs_no_condition_and_then_means_all_rules() -> None:
    found = correlation(TEMPORAL)
    assert (found.kind, found.bounds, found.expression) == (Kind.TEMPORAL, (), None)


def test_a_temporal_condition_may_be_a_number_of_rules() -> None:
    found = correlation(TEMPORAL + "  condition: {gte: 2}\n")
    assert (found.bounds, found.expression) == ((("gte", 2),), None)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a and b and c", Every((Seen("a"), Seen("b"), Seen("c")))),
        ("a and b and not c", Every((Seen("a"), Seen("b"), Never(Seen("c"))))),
        ("(a or b) and not c", Every((Either((Seen("a"), Seen("b"))), Never(Seen("c"))))),
        ("c and not (a or b)", Every((Seen("c"), Never(Either((Seen("a"), Seen("b"))))))),
        (
            "1 of them and not not c",
            Every((Either((Seen("a"), Seen("b"), Seen("c"))), Never(Never(Seen("c"))))),
        ),
        ("a or b and c", Either((Seen("a"), Every((Seen("b"), Seen("c")))))),
    ],
)
@pytest.mark.parametrize(
    "kind", ["temporal", "temporal_ordered", "temporal_extended", "temporal_ordered_extended"]
)
def test_a_temporal_condition_may_be_text(text: str, expression: object, kind: str) -> None:
    found = correlation(TEMPORAL.replace("type: temporal", f"type: {kind}") + f"  condition: {text}\n")
    assert (found.expression, found.bounds) == (expression, ())
    assert found.kind == kind.removesuffix("_extended")


def test_a_condition_that_is_text_may_name_the_rules_alone() -> None:
    found = correlation(TEMPORAL.replace("  rules: [a, b, c]\n", "  condition: x-1 and not (y or z)\n"))
    assert found.rules == ("x-1", "y", "z")
    assert (found.rules_place.line, found.rules_place.column) == (4, 14)


@pytest.mark.parametrize(
    ("condition", "line", "column", "words"),
    [
        ("a and b", 4, 10, "does not speak of the rule `c`"),
        ("a and b and c and d", 6, 32, "`d` names no rule"),
        ("a and b and c and", 6, 31, "ends too early"),
        ("a or b or not c", 6, 14, "nothing was seen"),
        ("not (a and b and c)", 6, 14, "nothing was seen"),
        ("5", 6, 14, "ends too early"),
        ("{gte: 4}", 6, 14, "more or fewer rules than the 3"),
        ("{lt: 1}", 6, 14, "more or fewer rules than the 3"),
        ("{gte: 2, field: user}", 6, 14, "other types take none"),
    ],
)
def test_a_faulty_temporal_condition_is_refused_at_its_place(
    condition: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(RuleRejected) as caught:
        correlation(TEMPORAL + f"  condition: {condition}\n")
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


@pytest.mark.parametrize(
    ("kind", "condition", "fields", "bounds", "percentile"),
    [
        ("value_sum", "{field: tokens, gt: 1.5}", ("tokens",), (("gt", 1.5),), 0.0),
        ("value_avg", "{field: [a, b], lt: -3}", ("a", "b"), (("lt", -3),), 0.0),
        ("value_median", '{field: a, gte: "1.0e-5"}', ("a",), (("gte", 1e-5),), 0.0),
        ("value_percentile", "{field: a, gt: 500, percentile: '99.9'}", ("a",), (("gt", 500),), 99.9),
    ],
)
def test_the_value_types_measure_fields(
    kind: str, condition: str, fields: tuple[str, ...], bounds: object, percentile: float
) -> None:
    found = correlation(
        f"title: T\ncorrelation: {{type: {kind}, rules: a, timespan: 5m, condition: {condition}}}\n"
    )
    assert (found.fields, found.bounds, found.percentile) == (fields, bounds, percentile)


def test_a_percentile_is_needed_and_bounded() -> None:
    text = (
        "title: T\ncorrelation: "
        "{type: value_percentile, rules: a, timespan: 5m, condition: {field: a, gt: 1%s}}\n"
    )
    for percentile in ("", ", percentile: 101", ", percentile: high"):
        with pytest.raises(RuleRejected, match="`percentile`"):
            correlation(text % percentile)


def test_the_key_covers_extensions_but_not_what_only_the_alert_shows() -> None:
    keys = {
        correlation(COUNT + added).key
        for added in ("", "tocsin.for: 5m\n", "tocsin.for: 6m\n", "tocsin.labels: {a: b}\n", "level: low\n")
    }
    assert len(keys) == 3


def test_a_condition_with_not_waits_and_may_have_an_inventory() -> None:
    text = TEMPORAL + "  condition: a and b and not c\ntocsin.heartbeat: {inventory: services}\n"
    assert correlation(text).extensions.heartbeat is not None
    with pytest.raises(RuleRejected, match="waits for something"):
        correlation(text.replace("and not", "and"))
