"""Windows of the week are the same minutes after they became restrictions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.oncall.imports.windows import A_WEEK, common, spans, windows

WEEK = st.tuples(st.integers(0, A_WEEK - 1), st.integers(1, A_WEEK - 1))


def minutes(written) -> set[int]:
    return {(start + number) % A_WEEK for start, length in written for number in range(length)}


@given(st.lists(WEEK, max_size=3))
def test_restrictions_hold_the_same_minutes(written) -> None:
    assert minutes(spans(windows(written))) == minutes(written)


@given(st.lists(WEEK, max_size=2), st.lists(WEEK, max_size=2))
def test_what_is_common_is_in_both(ones, others) -> None:
    assert minutes(common(ones, others)) == minutes(ones) & minutes(others)


def test_a_whole_week_restricts_nothing() -> None:
    assert windows([(0, 60), (600, A_WEEK)]) == ()
