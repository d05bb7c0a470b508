"""Response in memory: what is particular to it; the rest is `tests/store/shelves/test_response.py`."""

from __future__ import annotations

import pytest

from nouns import an_action
from tocsin.store.memory.store import MemoryStore


def test_a_number_is_taken_once():
    with MemoryStore().transaction() as shelves:
        shelves.actions.add(an_action())
        with pytest.raises(ValueError, match="kept already"):
            shelves.actions.add(an_action())
