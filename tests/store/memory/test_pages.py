"""What only the memory twin of pages could get wrong; the contract is in tests/store/shelves."""

from __future__ import annotations

import pytest

from nouns import NOON, a_delivery, a_page


def test_a_page_and_a_delivery_are_added_once_as_in_a_database(memory_store):
    page = a_page()
    with memory_store.transaction() as shelves:
        shelves.pages.add(page)
        shelves.pages.add_delivery(a_delivery())
    with pytest.raises(ValueError, match="already"), memory_store.transaction() as shelves:
        shelves.pages.add(page)
    with pytest.raises(ValueError, match="already"), memory_store.transaction() as shelves:
        shelves.pages.add_delivery(a_delivery())


def test_a_reader_cannot_change_a_kept_message(memory_store):
    with memory_store.transaction() as shelves:
        shelves.inbox.keep("k", "ben", "P1", "text", "", NOON)
    with memory_store.reading() as shelves:
        shelves.inbox.recent()[0]["text"] = "changed"
    with memory_store.reading() as shelves:
        assert shelves.inbox.recent()[0]["text"] == "text"
