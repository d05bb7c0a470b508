"""A rule whose witness is not true cannot hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.matching.formulas import Formulas
from tocsin.detection.matching.witnesses import Witnesses, best


def weight(group: frozenset[int]) -> float:
    return sum(group)


def test_the_lightest_usable_group_is_chosen() -> None:
    formulas = Formulas([0] * 9)
    every = formulas.every((5,), [formulas.some((1, 2))])
    assert best(every, set(range(9)), weight) == {1, 2}
    assert best(every, {5}, weight) == {5}
    assert best(every, {1}, weight) is None
    assert best(formulas.non(formulas.literal(1)), {1}, weight) is None
    either = formulas.some((3,), [formulas.every((1, 2)), formulas.every((7, 8))])
    assert best(either, set(range(9)), weight) == {1, 3, 7}
    assert best(formulas.some((3,), [formulas.non(formulas.every((1, 2)))]), set(range(9)), weight) is None


def test_what_was_seen_often_is_no_good_witness() -> None:
    formulas = Formulas([0] * 9)
    rules = {4: formulas.every((1, 2)), 5: formulas.non(formulas.literal(1))}
    witnesses = Witnesses(rules, {1, 2}, {1: 100})
    assert witnesses.has(4)
    assert not witnesses.has(5)
    assert witnesses.suspects({1, 7}) == set()
    assert witnesses.suspects({2}) == {4}


@given(st.data())
def test_no_rule_holds_without_its_witness(draw: st.DataObject) -> None:
    formulas = Formulas([0] * 6)
    inner = st.recursive(
        st.integers(0, 5).map(formulas.literal),
        lambda below: st.one_of(
            st.lists(below, min_size=1, max_size=3).map(lambda found: formulas.every((), found)),
            st.lists(below, min_size=1, max_size=3).map(lambda found: formulas.some((), found)),
            below.map(formulas.non),
        ),
        max_leaves=8,
    )
    rules = dict(enumerate(draw.draw(st.lists(inner, max_size=5))))
    usable = draw.draw(st.sets(st.integers(0, 5)))
    true = draw.draw(st.sets(st.integers(0, 5)))
    witnesses = Witnesses(rules, usable, {})
    suspects = witnesses.suspects(true)
    for rule, formula in rules.items():
        if formula.holds(true) and witnesses.has(rule):
            assert rule in suspects
