"""What only the memory twin of log and exhibits could get wrong; the contract: tests/store/shelves."""

from __future__ import annotations

from uuid import UUID

import pytest

from databases import write
from nouns import an_exhibit


def test_an_entry_waits_once_and_an_exhibit_is_added_once_as_in_a_database(memory_store):
    with memory_store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"a")
        shelves.exhibits.add(an_exhibit())
    with pytest.raises(ValueError, match="already"), memory_store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"a")
    with pytest.raises(ValueError, match="already"), memory_store.transaction() as shelves:
        shelves.exhibits.add(an_exhibit())


def test_an_undone_sequencing_leaves_the_lines_waiting(memory_store):
    with memory_store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"a")
        shelves.exhibits.add(an_exhibit())
    with pytest.raises(ValueError, match="already"):
        write(
            memory_store,
            lambda shelves: shelves.log.sequence(),
            lambda shelves: shelves.exhibits.add(an_exhibit()),
        )
    with memory_store.reading() as shelves:
        assert (shelves.log.waiting(), shelves.log.size()) == (1, 0)
        assert shelves.log.leaves(-5, 5) == ()
