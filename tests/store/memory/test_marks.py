"""What only the memory twin of the marks could get wrong; the contract: tests/store/shelves."""

from __future__ import annotations

from nouns import NOON


def test_marks_of_a_transaction_that_failed_are_not_kept(memory_store):
    try:
        with memory_store.transaction() as shelves:
            shelves.marks.keep("s3", {"a": b"1"}, NOON)
            raise RuntimeError
    except RuntimeError:
        pass
    with memory_store.reading() as shelves:
        assert shelves.marks.all("s3") == {}
