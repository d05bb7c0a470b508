"""A formula with answers filled in says the same as the whole formula asked at the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.matching.formulas import EMPTY, FALSE, TRUE, Every, Formula, Formulas, Some

FIELDS = (0, 0, 0, 1, 1, 2)


@pytest.fixture(name="formulas")
def _formulas() -> Formulas:
    return Formulas(FIELDS)


def test_equal_formulas_are_one_object(formulas: Formulas) -> None:
    first = formulas.every((1, 2), [formulas.some((3, 4))])
    assert formulas.every((2, 1), [formulas.some((4, 3))]) is first
    formulas.flush()
    assert formulas.every((2, 1), [formulas.some((4, 3))]) is not first


def test_parts_that_decide_or_add_nothing_disappear(formulas: Formulas) -> None:
    one, two = formulas.literal(1), formulas.literal(2)
    either = formulas.some((1, 2))
    assert formulas.every(()) is TRUE
    assert formulas.some(()) is FALSE
    assert formulas.every((1,), [FALSE]) is FALSE
    assert formulas.every((1,), [TRUE]) is one
    assert formulas.some((1,), [TRUE]) is TRUE
    assert formulas.some((1,), [FALSE]) is one
    assert formulas.some((), [one, two]) is either
    assert formulas.some((), [either, one]) is either
    assert formulas.every((), [either]) is either
    assert formulas.every((), [formulas.every((1,), [either]), two]) is formulas.every((1, 2), [either])
    assert formulas.some((), [formulas.non(one)]) is formulas.non(one)
    assert formulas.some((3,), [formulas.every((1, 2))]).literals == {3}
    assert formulas.non(formulas.non(one)) is one
    assert formulas.non(TRUE) is FALSE
    assert formulas.non(FALSE) is TRUE


def test_a_formula_itself_cannot_be_asked() -> None:
    with pytest.raises(NotImplementedError):
        Formula(5, EMPTY, (), EMPTY).holds(set())


def test_a_field_that_is_not_asked_about_changes_nothing(formulas: Formulas) -> None:
    one = formulas.literal(1)
    assert formulas.given(one, 2, frozenset({5})) is one
    assert formulas.given(one, 0, frozenset()) is formulas.given(one, 0, frozenset({2})) is FALSE


def trees(formulas: Formulas) -> st.SearchStrategy[Any]:
    leaves = st.integers(0, 5).map(formulas.literal)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda found: formulas.every((), found)),
            st.lists(inner, max_size=4).map(lambda found: formulas.some((), found)),
            inner.map(formulas.non),
        ),
        max_leaves=12,
    )


@given(st.data())
def test_filling_in_field_by_field_gives_what_asking_at_the_end_gives(draw: st.DataObject) -> None:
    formulas = Formulas(FIELDS)
    formula = draw.draw(trees(formulas))
    true = frozenset(draw.draw(st.sets(st.integers(0, 5))))
    expected = formula.holds(true)
    left = formula
    for field in draw.draw(st.permutations([0, 1, 2])):
        left = formulas.given(left, field, frozenset(each for each in true if FIELDS[each] == field))
        assert field not in left.fields
        assert left.holds(true) is expected
    assert left is (TRUE if expected else FALSE)


def test_every_and_some_look_into_their_branches(formulas: Formulas) -> None:
    both = formulas.every((), [formulas.some((0, 1)), formulas.some((2, 3))])
    either = formulas.some((), [formulas.every((0, 1)), formulas.every((2, 3))])
    assert isinstance(both, Every)
    assert isinstance(either, Some)
    assert both.holds({0, 3})
    assert not both.holds({0, 1})
    assert either.holds({2, 3})
    assert not either.holds({0, 3})
    assert formulas.given(both, 0, frozenset()) is FALSE
    assert formulas.given(formulas.given(either, 0, frozenset({2})), 1, frozenset({3})) is TRUE
