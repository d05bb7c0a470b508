"""Without its libraries the lake says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tocsin.store.lake.extra import sealed_format
from tocsin.store.lake.refusals import LakeExtraMissing


def test_a_missing_library_is_named_with_the_extra(monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "tocsin.store.lake.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LakeExtraMissing, match="pyarrow") as caught:
        sealed_format()
    assert "tocsin[lake]" in caught.value.next_step


def test_the_lake_itself_loads_no_library_of_the_extra() -> None:
    script = "import sys, tocsin.store.lake; print([n for n in ('pyarrow', 'numpy') if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
