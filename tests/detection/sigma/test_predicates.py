"""Each question to a value, answered as the Sigma specification says."""

from __future__ import annotations

import pytest
import re2

from tocsin.detection.sigma.predicates import Op, Predicate, from_text, regex, test_of, time_part
from tocsin.detection.sigma.readings import Reading
from tocsin.detection.sigma.values import parse

test_of.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "op", "value"),
    [
        ("Abc", Op.EQUALS, "abc"),
        ("", Op.EQUALS, ""),
        ("*Abc", Op.ENDSWITH, "abc"),
        ("Abc*", Op.STARTSWITH, "abc"),
        ("*Abc*", Op.CONTAINS, "abc"),
        ("*", Op.CONTAINS, ""),
        ("**", Op.CONTAINS, ""),
        ("a*b", Op.LIKE, r"(?s)\Aa.*b\z"),
        ("?", Op.REGEX, r"(?i)(?s)\A.\z"),
        ("Ab?", Op.REGEX, r"(?i)(?s)\AAb.\z"),
    ],
)
def test_a_text_becomes_the_cheapest_predicate(written: str, op: Op, value: str) -> None:
    assert from_text("f", parse(written)) == Predicate("f", op, value)


@pytest.mark.parametrize(
    ("written", "value", "holds"),
    [
        ("*", "", True),
        ("*", "x\ny", True),
        ("?", "x", True),
        ("?", "\n", True),
        ("?", "", False),
        ("?", "xy", False),
        ("?", "\u00df", True),
        ("a*c", "A\nB\nC", True),
        ("a*c", "abcd", False),
        ("a.c*e", "abcde", False),
        ("STRASSE", "straße", True),
        ("Ä", "ä", True),
        ("5", 5, True),
        ("5.0", 5, True),
        ("05", 5, False),
        ("true", "TRUE", True),
    ],
)
def test_texts_fold_case_and_wildcards_cross_lines(written: str, value: str | int, holds: bool) -> None:
    assert test_of(from_text("f", parse(written)))(Reading(value)) is holds


@pytest.mark.parametrize("written", ["Abc", "*Abc", "Abc*", "*Abc*", "?bc"])
def test_cased_texts_do_not_fold(written: str) -> None:
    text = parse(written)
    cased = from_text("f", type(text)(text.parts, cased=True))
    assert test_of(cased)(Reading("Abc"))
    assert not test_of(cased)(Reading("ABC"))


@pytest.mark.parametrize(
    ("op", "bound", "value", "holds"),
    [
        (Op.GT, 9, "10", True),
        (Op.GT, 9, "abc", False),
        (Op.GT, 9, 9, False),
        (Op.GTE, 9, 9, True),
        (Op.LT, 9, 8.5, True),
        (Op.LT, 9, 9, False),
        (Op.LTE, 9, 9, True),
        (Op.NUMBER, 5, "5", True),
        (Op.NUMBER, 5, "5.0", True),
        (Op.NUMBER, 5, "05", False),
        (Op.NUMBER, 5, "0x5", False),
        (Op.NUMBER, 5, 6, False),
        (Op.GT, 9, 10**400, True),
        (Op.GT, 9, float("inf"), False),
    ],
)
def test_numbers_compare_as_numbers_when_both_sides_are(
    op: Op, bound: float, value: str | float, holds: bool
) -> None:
    assert test_of(Predicate("f", op, bound))(Reading(value)) is holds


@pytest.mark.parametrize(
    ("network", "value", "holds"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "not an address", False),
        ("10.0.0.0/8", "::1", False),
        ("2001:db8::/32", "2001:0db8:0000::1", True),
    ],
)
def test_an_address_lies_in_a_network_or_not(network: str, value: str, holds: bool) -> None:
    assert test_of(Predicate("f", Op.CIDR, network))(Reading(value)) is holds


@pytest.mark.parametrize(
    ("part", "number"), [("minute", 5), ("hour", 23), ("day", 31), ("week", 1), ("month", 12), ("year", 2025)]
)
def test_a_part_of_a_date_is_read_as_written(part: str, number: int) -> None:
    assert time_part("2025-12-31T23:05:00+09:00", part) == number
    assert test_of(Predicate("f", Op.TIME, number, detail=f"{part} number"))(Reading("2025-12-31T23:05:00Z"))
    assert not test_of(Predicate("f", Op.TIME, number, detail=f"{part} number"))(Reading("yesterday"))


def test_a_regular_expression_is_case_sensitive_unless_it_says_otherwise() -> None:
    assert test_of(Predicate("f", Op.REGEX, "b.d"))(Reading("abcd"))
    assert not test_of(Predicate("f", Op.REGEX, "B.D"))(Reading("abcd"))
    assert test_of(Predicate("f", Op.REGEX, "(?i)B.D"))(Reading("abcd"))


def test_the_pattern_engine_refuses_what_takes_more_than_linear_time() -> None:
    with pytest.raises(re2.error):
        regex("(?=x)")


@pytest.mark.parametrize("value", [2**53 + 1, str(2**53 + 1)])
@pytest.mark.parametrize(
    "asked", [Predicate("f", Op.NUMBER, 2**53 + 1), Predicate("f", Op.EQUALS, str(2**53 + 1))]
)
def test_whole_numbers_beyond_the_precision_of_floats_are_compared_exactly(
    asked: Predicate, value: str | int
) -> None:
    assert test_of(asked)(Reading(value))
    assert not test_of(asked)(Reading(type(value)(2**53)))
