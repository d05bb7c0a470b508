"""Records of a kind stand together, and nothing else about their order changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.columns.kinds import KIND_FIELDS, Run, in_order

from .conftest import Texts, cut

_KINDS = st.fixed_dictionaries({}, optional={"EventID": st.integers(1, 3), "category": st.sampled_from("ab")})


def columns_of(block) -> dict[str, Texts]:
    return block.columns([name for name in KIND_FIELDS if name in block.cells])


@given(st.lists(st.tuples(_KINDS, st.booleans()), max_size=12))
def test_runs_tell_each_row_once_and_keep_the_order_within_a_kind(told) -> None:
    records = [record for record, _ in told]
    block = cut(*records, odd={row for row, (_, odd) in enumerate(told) if odd})
    order, runs = in_order(columns_of(block), block.odd)
    assert sorted(order.tolist()) == list(range(len(records)))
    assert [row for run in runs for row in range(run.start, run.stop)] == list(range(len(records)))
    assert len({run.texts for run in runs}) == len(runs)
    for run in runs:
        rows = order[run.start : run.stop].tolist()
        assert rows == sorted(rows)
        assert {block.runs[row].texts for row in rows} == {run.texts}


def test_odd_rows_come_last() -> None:
    block = cut({"EventID": 2}, {"EventID": 1}, {"EventID": 1}, odd=[1])
    order, runs = in_order(columns_of(block), block.odd)
    assert order.tolist() == [2, 0, 1]
    assert runs[-1] == Run(None, 2, 3)
    assert [run.texts[0] for run in runs[:-1]] == ["1", "2"]


def test_without_any_column_all_rows_are_of_one_kind() -> None:
    order, runs = in_order({}, np.zeros(2, dtype=bool))
    assert order.tolist() == [0, 1]
    assert runs == (Run((None,) * len(KIND_FIELDS), 0, 2),)
