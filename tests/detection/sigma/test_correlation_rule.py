"""Correlation rules: what is read, and every fault with its place (S26-S31)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.correlation_rule import Correlation, read, seconds
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
    assert (found.field, found.generate) == ("user", True)
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
    ("text", "span"),
    [
        ("90s", 90),
        ("10m", 600),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1M", 2_592_000),
        ("1y", 31_536_000),
        ("10", None),
        ("m", None),
        ("-1m", None),
        ("1.5h", None),
        ("", None),
    ],
)
def test_a_timespan_is_a_number_and_a_unit(text: str, span: int | None) -> None:
    assert seconds(text) == span


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "words"),
    [
        ("type: event_count", "type: temporal", 3, 9, "not supported yet"),
        ("type: event_count", "type: evnt_count", 3, 9, "unknown"),
        ("  type: event_count\n", "", 3, 3, "unknown"),
        ("rules: a", "rule: a", 4, 3, "unknown here"),
        ("  rules: a\n", "", 3, 3, "names no `rules`"),
        ("timespan: 5m", "timespan: 5 minutes", 5, 13, "timespan"),
        ("timespan: 5m", "timespan: 0s", 5, 13, "timespan"),
        ("timespan: 5m", "timespan: 11y", 5, 13, "timespan"),
        ("  timespan: 5m\n", "", 3, 3, "timespan"),
        ("    gt: 5", "    more: 5", 7, 5, "unknown here"),
        ("    gt: 5", "    gt: five", 7, 9, "whole number"),
        ("    gt: 5", "    gt: true", 7, 9, "whole number"),
        ("    gt: 5", "    gt: [5]", 7, 9, "whole number"),
        ("    gt: 5", "    gt: 100001", 7, 9, "whole number"),
        ("    gt: 5", "    field: user\n    gt: 5", 7, 5, "value_count"),
        ("type: event_count", "type: value_count", 7, 5, "value_count"),
        ("\n    gt: 5", " a and not b", 6, 14, "not a map"),
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
