"""Conditions: precedence, quantities, and faults with their place (S19-S22)."""

from __future__ import annotations

import pytest

from tocsin.detection.sigma.condition import DEEPEST, ConditionWrong, names, operators, parse
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.tree import All, Any_, Not, Tree


def leaf(name: str) -> Predicate:
    return Predicate(name, Op.EQUALS, "x")


A, B, C, HIDDEN = leaf("a"), leaf("b"), leaf("c"), leaf("h")
SELECTIONS: dict[str, Tree] = {"sel_a": A, "sel-b": B, "nothing": C, "_hidden": HIDDEN}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("sel_a", A),
        ("sel_a and sel-b", All((A, B))),
        ("sel_a or sel-b and nothing", Any_((A, All((B, C))))),
        ("(sel_a or sel-b) and nothing", All((Any_((A, B)), C))),
        ("not sel_a and sel-b", All((Not(A), B))),
        ("not (sel_a and sel-b)", Not(All((A, B)))),
        ("not not sel_a", Not(Not(A))),
        ("nothing", C),
        ("1 of them", Any_((A, B, C))),
        ("any of them", Any_((A, B, C))),
        ("all of them", All((A, B, C))),
        ("1 of sel*", Any_((A, B))),
        ("all of *a", All((A,))),
        ("1 of _*", Any_((HIDDEN,))),
        ("not 1 of sel* and nothing", All((Not(Any_((A, B))), C))),
        ("(sel_a)and(sel-b)", All((A, B))),
        ("sel_a\n  and\n sel-b", All((A, B))),
    ],
)
def test_a_condition_means_what_its_precedence_says(text: str, tree: Tree) -> None:
    assert parse(text, SELECTIONS) == tree


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "too early"),
        ("sel_a and", 9, "too early"),
        ("sel_a AND sel-b", 6, "not expected"),
        ("sel_a sel-b", 6, "not expected"),
        ("sel_b", 0, "names no selection"),
        ("(sel_a", 6, "too early"),
        ("(sel_a sel-b", 7, "needed"),
        ("sel_a)", 5, "not expected"),
        ("2 of them", 0, "not supported"),
        ("1 of nope*", 5, "fits no selection"),
        ("1 of sel?a", 5, "fits no selection"),
        ("1 of", 4, "too early"),
        ("sel_a | count() > 5", 6, "Aggregations"),
        ("not " * (DEEPEST + 1) + "sel_a", 4 * DEEPEST, "nests deeper"),
    ],
)
def test_a_wrong_condition_is_refused_at_its_place(text: str, offset: int, words: str) -> None:
    with pytest.raises(ConditionWrong) as caught:
        parse(text, SELECTIONS)
    assert caught.value.offset == offset
    assert words in caught.value.reason
    assert caught.value.next_step


def test_the_words_of_a_condition_are_names_or_operators() -> None:
    text = "(a-1 or b) and not (c or b)"
    assert names(text) == ("a-1", "b", "c")
    assert operators(text) == {"(", ")", "or", "and", "not"}
    assert operators("nothing") == frozenset()


def test_a_fault_names_what_the_condition_joins() -> None:
    with pytest.raises(ConditionWrong, match="names no rule of this rule"):
        parse("x", SELECTIONS, noun="rule")
