"""A condition becomes alternatives that say the same."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.correlating.clauses import Clause, clauses_of
from tocsin.detection.sigma.correlation import Either, Every, Expression, Never, Seen

BITS = {"a": 1, "b": 2, "c": 4}
A, B, C = (Seen(word) for word in "abc")


@pytest.mark.parametrize(
    ("expression", "clauses"),
    [
        (A, [Clause(1, 0)]),
        (Every((A, Never(B))), [Clause(1, 2)]),
        (Never(Either((A, B))), [Clause(0, 3)]),
        (Never(Every((A, B))), [Clause(0, 1), Clause(0, 2)]),
        (Either((A, Every((A, B)))), [Clause(1, 0)]),
        (Every((Either((A, B)), C)), [Clause(5, 0), Clause(6, 0)]),
        (Every((A, Never(A))), []),
    ],
)
def test_a_condition_is_written_as_alternatives(expression: Expression, clauses: list[Clause]) -> None:
    assert list(clauses_of(expression, BITS)) == clauses


def holds(expression: Expression, seen: set[str]) -> bool:
    if isinstance(expression, Seen):
        return expression.word in seen
    if isinstance(expression, Never):
        return not holds(expression.branch, seen)
    every = isinstance(expression, Every)
    return (all if every else any)(holds(branch, seen) for branch in expression.branches)


EXPRESSIONS = st.recursive(
    st.sampled_from([A, B, C]),
    lambda inner: st.one_of(
        inner.map(Never),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: Every(tuple(each))),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: Either(tuple(each))),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_the_alternatives_say_what_the_condition_says(expression: Expression) -> None:
    clauses = clauses_of(expression, BITS)
    for flags in product([False, True], repeat=3):
        seen = {word for word, flag in zip("abc", flags, strict=True) if flag}
        bits = sum(BITS[word] for word in seen)
        met = any(clause.needed & bits == clause.needed and not clause.absent & bits for clause in clauses)
        assert met == holds(expression, seen)
