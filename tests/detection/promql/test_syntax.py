from __future__ import annotations

import pytest

from tocsin.detection.promql.parser import parse
from tocsin.detection.promql.signatures import Kind
from tocsin.detection.promql.syntax import Selector, all_of, kind_of, parts_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", Kind.SCALAR),
        ("'a'", Kind.STRING),
        ("x", Kind.VECTOR),
        ("x[5m]", Kind.RANGE),
        ("x[5m:1m]", Kind.RANGE),
        ("-time()", Kind.SCALAR),
        ("-x", Kind.VECTOR),
        ("1 + 1", Kind.SCALAR),
        ("1 + x", Kind.VECTOR),
        ("sum(x)", Kind.VECTOR),
        ("rate(x[5m])", Kind.VECTOR),
        ("scalar(x)", Kind.SCALAR),
    ],
)
def test_every_expression_has_a_kind(text: str, kind: Kind) -> None:
    assert kind_of(parse(text)) is kind


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 0),
        ("x", 0),
        ("x[5m]", 1),
        ("-x", 1),
        ("x[5m:]", 1),
        ("x + y", 2),
        ("sum(x)", 1),
        ("topk(1, x)", 2),
        ("clamp(x, 1, 2)", 3),
    ],
)
def test_parts_are_what_stands_directly_inside(text: str, count: int) -> None:
    assert len(parts_of(parse(text))) == count


def test_everything_inside_is_found() -> None:
    found = all_of(parse("sum(rate(a[5m])) / -max_over_time((b + c)[5m:1m])"))
    names = [each.matchers[0].value for each in found if isinstance(each, Selector)]
    assert names == ["a", "b", "c"]
