"""Trees judge a record in two-valued logic (S12-S14, S17)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import MOST_COMPARED, All, Any_, Interned, Not, Tree, predicates

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


def test_predicates_lists_all_leaves() -> None:
    assert list(predicates(All((X, Not(Any_((X, Y))))))) == [X, X, Y]
