"""Trees judge a record in two-valued logic (S12-S14, S17)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.sigma.moments import during
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import (
    FALSE,
    MOST_COMPARED,
    TRUE,
    All,
    Any_,
    Interned,
    Members,
    Not,
    Quantifier,
    Tree,
    needs_time,
    predicates,
    timeless,
)

X = Predicate("f", Op.EQUALS, "x")
Y = Predicate("g", Op.EQUALS, "y")
NULL = Predicate("f", Op.NULL, None)
THERE = Predicate("f", Op.EXISTS, True)
GONE = Predicate("f", Op.EXISTS, False)


def same(where: str) -> Predicate:
    return Predicate("f", Op.FIELD, "g", detail=where)


@pytest.mark.parametrize(
    ("tree", "record", "holds"),
    [
        (X, {"f": "X"}, True),
        (X, {"f": ["a", "X"]}, True),
        (X, {}, False),
        (X, {"f": None}, False),
        (Not(X), {}, True),
        (Not(X), {"f": None}, True),
        (Not(X), {"f": "x"}, False),
        (All((X, Y)), {"f": "x", "g": "y"}, True),
        (All((X, Y)), {"f": "x"}, False),
        (All(()), {}, True),
        (Any_((X, Y)), {"g": "y"}, True),
        (Any_((X, Y)), {}, False),
        (NULL, {}, True),
        (NULL, {"f": None}, True),
        (NULL, {"f": [None, 1]}, True),
        (NULL, {"f": ""}, False),
        (THERE, {"f": None}, True),
        (THERE, {"f": ""}, True),
        (THERE, {}, False),
        (GONE, {}, True),
        (GONE, {"f": None}, False),
        (same(""), {"f": "A", "g": "a"}, True),
        (same(""), {"f": "A", "g": "b"}, False),
        (same(""), {"f": 5, "g": "5"}, True),
        (same(""), {"f": "A"}, False),
        (same(""), {}, False),
        (same("contains"), {"f": "xAy", "g": "a"}, True),
        (same("startswith"), {"f": "Ay", "g": "a"}, True),
        (same("startswith"), {"f": "yA", "g": "a"}, False),
        (same("endswith"), {"f": "yA", "g": "a"}, True),
        (same(""), {"f": list(range(MOST_COMPARED + 1)), "g": MOST_COMPARED}, False),
    ],
)
def test_a_tree_holds_or_not(tree: Tree, record: dict[str, Any], holds: bool) -> None:
    assert Interned().compile(tree)(Facts(record, Memo())) is holds


def test_equal_predicates_are_one_and_remember_their_answers() -> None:
    interned = Interned()
    first = interned.compile(All((X, Not(Any_((X, Y))))))
    assert len(interned) == 2
    assert interned.compile(X) is interned.compile(Predicate("f", Op.EQUALS, "x"))
    assert interned.test(X) is interned.test(X)
    memo = Memo()
    assert not first(Facts({"f": "x"}, memo))
    assert memo.read("f", "x").answers == {0: True}
    assert not first(Facts({"f": "x"}, memo))


T = during((10, 20))
INSIDE = Members("l", Quantifier.ANY, All((Predicate(".", Op.EQUALS, "x"), T)))


@pytest.mark.parametrize(("time", "holds"), [(9, False), (10, True), (19, True), (20, False), (None, False)])
def test_questions_about_time_ask_the_events_own(time: int | None, holds: bool) -> None:
    for tree in (T, All((T, X)), INSIDE):
        assert Interned().compile(tree)(Facts({"f": "x", "l": ["x"]}, Memo(), time)) is holds


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (X, X),
        (T, TRUE),
        (Not(T), TRUE),
        (Not(X), Not(X)),
        (Not(Not(T)), TRUE),
        (All((X, T)), X),
        (All((X, Y, Not(T))), All((X, Y))),
        (Any_((X, T)), TRUE),
        (All((X, Not(All((Y, T))))), X),
        (All((X, Not(Any_((Y, T))))), All((X, Not(Y)))),
        (All((X, Not(Any_((T,))))), X),
        (Not(All((T, X))), TRUE),
        (INSIDE, TRUE),
        (Not(INSIDE), TRUE),
        (Any_((X, FALSE)), X),
        (Not(TRUE), FALSE),
    ],
)
def test_a_tree_without_time_holds_at_least_where_the_whole_one_does(tree: Tree, wanted: Tree) -> None:
    assert timeless(tree) == wanted
    assert not needs_time(timeless(tree))
    for record in ({}, {"f": "x"}, {"g": "y"}, {"f": "x", "g": "y", "l": ["x"]}):
        for time in (5, 15):
            facts = Facts(record, Memo(), time)
            assert Interned().compile(timeless(tree))(facts) >= Interned().compile(tree)(facts)


@pytest.mark.parametrize(
    ("quantifier", "position", "wanted"),
    [
        (Quantifier.ANY, 0, [False, True, True]),
        (Quantifier.ALL, 0, [False, False, True]),
        (Quantifier.ALL_OR_EMPTY, 0, [True, False, True]),
        (Quantifier.NONE, 0, [True, False, False]),
        (Quantifier.AT, 0, [False, True, True]),
        (Quantifier.AT, -1, [False, False, True]),
        (Quantifier.AT, 2, [False, False, False]),
        (Quantifier.AT, -3, [False, False, False]),
    ],
)
def test_a_quantifier_says_how_many_members(
    quantifier: Quantifier, position: int, wanted: list[bool]
) -> None:
    verdict = Interned().compile(Members("f", quantifier, Predicate("g", Op.EQUALS, "y"), position))
    records = [{"f": []}, {"f": [{"g": "y"}, {"g": "z"}]}, {"f": [{"g": "y"}, {"g": "y"}]}]
    assert [verdict(Facts(record, Memo())) for record in records] == wanted


def test_predicates_lists_all_leaves() -> None:
    assert list(predicates(All((X, Not(Any_((X, Y))), INSIDE)))) == [
        *(X, X, Y),
        *predicates(INSIDE.branch),
    ]
