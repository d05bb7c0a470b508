"""Pairs get numbers, the same for equal pairs, by marks as by sorting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.columns import packing
from tocsin.detection.columns.packing import paired, used


@pytest.mark.parametrize("marked", [1 << 20, 0])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=30))
def test_every_row_finds_its_pair_again(marked, pairs) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "MOST_MARKED", marked)
        columns = np.array(pairs, dtype=np.int32).reshape(-1, 2)
        rows, lefts, rights = paired(columns[:, 0], columns[:, 1], (5, 7))
    assert list(zip(lefts[rows].tolist(), rights[rows].tolist(), strict=True)) == pairs
    assert len(lefts) == len(set(pairs))


def test_used_codes_are_told_apart_from_the_missing_one() -> None:
    codes, lacking = used(np.array([3, -1, 0, 3], dtype=np.int32), 5)
    assert (codes.tolist(), lacking) == ([0, 3], True)
    codes, lacking = used(np.array([0], dtype=np.int32), 1)
    assert (codes.tolist(), lacking) == ([0], False)
    assert used(np.array([], dtype=np.int32), 0)[0].tolist() == []
