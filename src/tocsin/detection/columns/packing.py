"""Numbers for pairs of numbers, over whole columns: as few as there are distinct pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

# Tables up to this size are marked, which is a few times faster than sorting.
MOST_MARKED = 1 << 22


def paired(left: Any, right: Any, sizes: tuple[int, int]) -> tuple[Any, Any, Any]:
    """Number the distinct pairs of two columns of numbers below `sizes`.

    Returns the pair's number for each row, and for each number the value of the left and of the right column.
    """
    width = sizes[1]
    if sizes[0] * width <= MOST_MARKED:
        keys = left * np.int32(width) + right
        marked = np.zeros(sizes[0] * width, dtype=bool)
        marked[keys] = True
        distinct = np.flatnonzero(marked)
        numbers = np.empty(len(marked), dtype=np.int32)
        numbers[distinct] = np.arange(len(distinct), dtype=np.int32)
        rows = numbers[keys]
    else:
        distinct, found = np.unique(left.astype(np.int64) * width + right, return_inverse=True)
        rows = found.astype(np.int32)
    return rows, distinct // width, distinct % width


def used(codes: Any, size: int) -> tuple[Any, bool]:
    """Return which codes below `size` occur, ascending, and whether -1 does."""
    marked = np.zeros(size + 1, dtype=bool)
    marked[codes] = True
    return np.flatnonzero(marked[:size]), bool(marked[size])
