"""What differs from the baseline is told key by key, once, and without telling secrets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.drift.compare import DEEPEST, Difference, Kind, differences
from tocsin.connectors.refusal import BodyTooLarge

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("baseline", "snapshot", "wanted"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", Kind.CHANGED, 1, True)]),
        (
            {"a": {"b": 1}},
            {"a": {"b": 2, "c": 3}},
            [("a.b", Kind.CHANGED, 1, 2), ("a.c", Kind.ADDED, None, 3)],
        ),
        ({"a": {"b": {"c": 1}}}, {}, [("a", Kind.REMOVED, {"b": {"c": 1}}, None)]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, [("a[1]", Kind.CHANGED, 2, 3), ("a[2]", Kind.ADDED, None, 4)]),
        ({"a": [1]}, {"a": {"x": 1}}, [("a", Kind.CHANGED, [1], {"x": 1})]),
        ({"a": None}, {}, [("a", Kind.REMOVED, None, None)]),
        ({"db_password": "one"}, {"db_password": "two"}, [("db_password", Kind.CHANGED, "***", "***")]),
        ({}, {"x": [{"apiKey": "k", "n": 1}]}, [("x", Kind.ADDED, None, [{"apiKey": "***", "n": 1}])]),
        ({}, {"n": 2**70}, [("n", Kind.ADDED, None, str(2**70))]),
        ({1: "a"}, {1: "b", "z": 0}, [("1", Kind.CHANGED, "a", "b"), ("z", Kind.ADDED, None, 0)]),
    ],
)
def test_each_difference_is_told_once(baseline: Any, snapshot: Any, wanted: list[Any]) -> None:
    assert list(differences(baseline, snapshot)) == [Difference(*each) for each in wanted]


@given(TREES)
def test_nothing_differs_from_itself(tree: Any) -> None:
    assert list(differences(tree, tree)) == []


@given(TREES, TREES)
def test_what_differs_one_way_differs_the_other_way(one: Any, other: Any) -> None:
    there, back = list(differences(one, other)), list(differences(other, one))
    assert [each.path for each in there] == [each.path for each in back]
    assert [(each.expected, each.actual) for each in there] == [(each.actual, each.expected) for each in back]


def test_aliases_that_grow_without_bound_and_depth_are_refused() -> None:
    many: Any = [1] * 10
    for _ in range(9):
        many = [many] * 10
    deep: Any = 1
    for _ in range(DEEPEST + 1):
        deep = {"a": deep}
    for tree in (many, deep):
        with pytest.raises(BodyTooLarge):
            list(differences({}, {"x": tree}))
