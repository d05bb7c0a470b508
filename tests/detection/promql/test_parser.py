from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.promql.parser import DEEPEST, MOST_OPERATORS, parse
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.detection.promql.syntax import (
    Aggregate,
    Binary,
    Cardinality,
    Number,
    Pinned,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from tocsin.domain.sample import LabelMatcher, MatchOp


def _refused(text: str) -> ExpressionRefused:
    with pytest.raises(ExpressionRefused) as refused:
        parse(text)
    return refused.value


def test_a_selector_has_its_matchers_and_its_name_last() -> None:
    assert parse('up{job="a", zone!=\'b\', x=~`c`, y!~"d",}') == Selector(
        (
            LabelMatcher("job", MatchOp.EQUAL, "a"),
            LabelMatcher("zone", MatchOp.NOT_EQUAL, "b"),
            LabelMatcher("x", MatchOp.REGEX, "c"),
            LabelMatcher("y", MatchOp.NOT_REGEX, "d"),
            LabelMatcher("__name__", MatchOp.EQUAL, "up"),
        ),
        0,
    )


def test_a_selector_needs_no_name() -> None:
    assert parse('{job="a"}') == Selector((LabelMatcher("job", MatchOp.EQUAL, "a"),), 0)


@pytest.mark.parametrize("name", ["sum", "by", "offset", "and", "start", "a:b:c", "COUNT"])
def test_words_of_the_language_can_name_a_metric(name: str) -> None:
    found = parse(name)
    assert isinstance(found, Selector)
    assert found.matchers[0].value == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 8.0),
        ("0x1f", 31.0),
        ("089", 89.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-3", -3.0),
        ("+3", 3.0),
        ("Inf", float("inf")),
    ],
)
def test_numbers_are_read_as_go_reads_them(text: str, value: float) -> None:
    found = parse(text)
    assert isinstance(found, Number)
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("-x ^ 2", "-(x ^ 2)"),
        ("-x * 2", "(-x) * 2"),
        ("2 ^ -x * 3", "(2 ^ (-x)) * 3"),
        ("a or b and c", "a or (b and c)"),
        ("a and b unless c", "(a and b) unless c"),
        ("a > b + c", "a > (b + c)"),
        ("a == b > c", "(a == b) > c"),
        ("a % b atan2 c", "(a % b) atan2 c"),
        ("sum by (a) (x)", "sum(x) by (a)"),
    ],
)
def test_operators_bind_as_in_prometheus(text: str, same: str) -> None:
    assert _shape(parse(text)) == _shape(parse(same))


def _shape(expr: object) -> object:
    """Return a tree without its places."""
    if isinstance(expr, Binary):
        return (expr.op, _shape(expr.left), _shape(expr.right))
    if isinstance(expr, Unary):
        return ("-", _shape(expr.expr))
    if isinstance(expr, Aggregate):
        return (expr.op, expr.grouping, _shape(expr.expr))
    return expr.matchers if isinstance(expr, Selector) else getattr(expr, "value", expr)


def test_modifiers_of_selectors_are_read() -> None:
    assert parse("x offset 5m").offset_ms == 300_000
    assert parse("x offset -5m").offset_ms == -300_000
    assert parse("x @ 1.5").pinned == Pinned(1500)
    assert parse("x @ -1").pinned == Pinned(-1000)
    assert parse("x @ +0.0005").pinned == Pinned(1)
    assert parse("x @ start() offset 1m").pinned == Pinned(None)
    ranged = parse("x[5m] offset 1m @ end()")
    assert isinstance(ranged, Range)
    assert (ranged.range_ms, ranged.selector.offset_ms, ranged.selector.pinned) == (
        300_000,
        60_000,
        Pinned(None),
    )
    sub = parse("(x + 1)[5m:30s] offset 1m")
    assert isinstance(sub, Subquery)
    assert (sub.range_ms, sub.step_ms, sub.offset_ms) == (300_000, 30_000, 60_000)
    assert parse("x[5m:]").step_ms == 0


def test_matching_is_read() -> None:
    assert parse("a + on (x, sum,) group_left (y) b").matching.include == ("y",)
    assert parse("a + on (x) group_left b").matching.cardinality is Cardinality.MANY_TO_ONE
    assert parse("a + ignoring (x) group_right (y, z) b").matching.cardinality is Cardinality.ONE_TO_MANY
    assert parse("a > bool on () b").returns_bool
    assert parse("a and on (x) b").matching.cardinality is Cardinality.MANY_TO_MANY


def test_aggregations_and_calls_are_read() -> None:
    found = parse("topk without (a) (2, x)")
    assert isinstance(found, Aggregate)
    assert (found.op, found.without, found.param) == ("topk", True, Number(2.0, 18))
    assert parse("count_values('v', x)").param == Text("v", 13)
    assert parse("time()").arguments == ()


@pytest.mark.parametrize(
    ("text", "offset", "said"),
    [
        ("", 0, "an expression"),
        ("x y", 2, "an operator or the end"),
        ("(x", 2, "`)`"),
        ("sum(x", 5, "`,`"),
        ("sum(x,)", 6, "an expression"),
        ("sum()", 0, "takes 1 argument, not 0"),
        ("topk(x)", 0, "takes 2 arguments, not 1"),
        ("foo(x)", 0, "`foo` is unknown"),
        ("histogram_count(x)", 0, "native histograms are not kept"),
        ("x{a}", 3, "one of ="),
        ("x{a=b}", 4, "a string"),
        ("x{a='b' c='d'}", 8, "`,`"),
        ("x{'a'}", 2, "a label name"),
        ("x{a=~'('}", 5, "The pattern is not RE2"),
        ("x{__name__='y'}", 0, "is set twice"),
        ("x[5m", 4, "`]`"),
        ("(x)[5m]", 3, "A range can only stand behind"),
        ("x offset 5m [5m]", 12, "must stand behind the range"),
        ("x @ 1 [5m]", 6, "must stand behind the range"),
        ("(x) offset 5m", 4, "can only stand behind a selector"),
        ("x offset 5m offset 1m", 12, "may not be set twice"),
        ("x offset 5", 9, "a duration"),
        ("x @ y", 4, "a time in seconds"),
        ("x @ Inf", 4, "out of bounds"),
        ("x @ start", 9, "`(`"),
        ("1e", 0, "is not a number"),
        ("sum by x", 7, "`(`"),
        ("sum by (1) (x)", 8, "a label name"),
        ("sum by (a:b) (x)", 8, "a label name"),
        ("sum by (a b) (x)", 10, "`,`"),
        ("on > 1", 0, "an expression"),
    ],
)
def test_what_is_no_promql_is_refused_where_it_stands(text: str, offset: int, said: str) -> None:
    refused = _refused(text)
    assert refused.offset == offset
    assert said in refused.happened


def test_an_expression_cannot_be_made_to_overflow_the_stack() -> None:
    assert "levels deep" in _refused("(" * (DEEPEST + 1) + "x" + ")" * (DEEPEST + 1)).happened
    assert "operators" in _refused("+".join("x" * (MOST_OPERATORS + 2))).happened
    parse("+".join("x" * (MOST_OPERATORS + 1)))


@given(st.text(alphabet="x1(){}[]=~!<>+-*/^%@,: '\"5mosumbyffetnrgpl\\`#\n", max_size=40))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        parse(text)
        offset = 0
    except ExpressionRefused as refused:
        offset = refused.offset
    assert 0 <= offset <= len(text)
