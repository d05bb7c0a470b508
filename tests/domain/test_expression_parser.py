"""Expressions are read as they are meant, and every mistake is named with its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.domain.expression_parser import DEEPEST, LONGEST_EXPRESSION, ExpressionWrong, duration_of, parse
from tocsin.domain.expression_tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Listed,
    Literal,
    Name,
    Negation,
)

A = Name(("a",))
B = Name(("b", "c"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        (" b.c ", B),
        ("look-up.src-ip", Name(("look-up", "src-ip"))),
        ("'x y'", Literal("x y")),
        ('"it\'s"', Literal("it's")),
        ("-12", Literal(-12)),
        ("4.5", Literal(4.5)),
        ("1h30m", Literal(timedelta(minutes=90))),
        ("true", Literal(value=True)),
        ("false", Literal(value=False)),
        ("[]", Listed(())),
        ("['x', 2, a]", Listed((Literal("x"), Literal(2), A))),
        ("a == 'x'", Comparison("==", A, Literal("x"))),
        ("a not in ['x']", Comparison("not in", A, Listed((Literal("x"),)))),
        ("a in b.c", Comparison("in", A, B)),
        ("incident.age>=30m", Comparison(">=", Name(("incident", "age")), Literal(timedelta(minutes=30)))),
        ("not a and b.c", Conjunction((Negation(A), B))),
        ("a or b.c and a", Disjunction((A, Conjunction((B, A))))),
        ("(a or b.c) and a", Conjunction((Disjunction((A, B)), A))),
        ("not (a)", Negation(A)),
        ("notify.done", Name(("notify", "done"))),
    ],
)
def test_an_expression_is_read_as_it_is_meant(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "missing at the end"),
        ("a ==", 5, "missing at the end"),
        ("a b", 3, "`b` is not expected"),
        ("a == 'x", 6, "not closed"),
        ("a & b", 3, "`&` is not expected"),
        ("(a", 3, "`)` is expected, found the end"),
        ("[a b]", 4, "`]` is expected, found `b`"),
        ("a == and", 6, "found `and`"),
        ("a < b.c < a", 9, "`<` is not expected"),
        ("ring('x')", 5, "`(` is not expected"),
        ("12ab", 1, "`1` is not expected"),
        ("a.", 2, "`.` is not expected"),
        ("(" * (DEEPEST + 2) + "a", DEEPEST + 2, "nested more than"),
        ("[" * (DEEPEST + 2), DEEPEST + 2, "nested more than"),
        ("not " * (DEEPEST + 2) + "a", 4 * (DEEPEST + 1) + 1, "nested more than"),
        ("a" * (LONGEST_EXPRESSION + 1), LONGEST_EXPRESSION + 1, "more than"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionWrong) as caught:
        parse(text)
    assert caught.value.column == column
    assert reason in caught.value.reason
    assert str(column) in caught.value.explain()


def test_lengths_of_time_add_up() -> None:
    assert duration_of("1w2d3h4m5s") == timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)


@given(some.text(alphabet="ab.'\"()[],<>=! 0123456789mhnotidr-{}\\", max_size=80))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    assert 0 <= _column_of_the_mistake(text) <= len(text) + 1


def _column_of_the_mistake(text: str) -> int:
    try:
        parse(text)
    except ExpressionWrong as error:
        return error.column
    return 0
