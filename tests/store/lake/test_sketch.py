"""A sketch gives back what was put in."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

import numpy as np

from tocsin.detection.columns.grams import grams
from tocsin.detection.columns.kinds import KIND_FIELDS, Run
from tocsin.store.lake.sketch import Sketch, packed

KIND = ("1", *[None] * (len(KIND_FIELDS) - 1))
RUNS = (Run(KIND, 0, 2), Run(None, 2, 3))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 70_000])
def test_codes_of_every_size_come_back(size) -> None:
    codes = np.array([-1, size - 1, -1], dtype=np.int32)
    found = Sketch(packed(RUNS, [], {"a": (codes, size)})).codes("a")
    assert found.tolist() == codes.tolist()
    assert found.dtype == np.int32


def test_kinds_and_grams_come_back() -> None:
    told = [grams(b"mimikatz"), grams(b"kirbi")]
    sketch = Sketch(packed(RUNS, told, {}))
    assert sketch.kinds() == (KIND_FIELDS, RUNS)
    assert sketch.grams() == told
