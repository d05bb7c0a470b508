"""What only the memory twin of incidents could get wrong; the contract: tests/store/shelves."""

from __future__ import annotations

from uuid import UUID

import pytest

from databases import write
from nouns import an_entry, an_incident


def test_a_number_or_an_id_is_used_once_as_in_a_database(memory_store):
    with memory_store.transaction() as shelves:
        shelves.incidents.add(an_incident(1))
    with pytest.raises(ValueError, match="INC-1"), memory_store.transaction() as shelves:
        shelves.incidents.add(an_incident(1, incident_id=UUID(int=5)))
    with pytest.raises(ValueError, match="already"), memory_store.transaction() as shelves:
        shelves.incidents.add(an_incident(2, incident_id=UUID(int=1)))


def test_an_undone_line_is_not_in_the_timeline(memory_store):
    with pytest.raises(LookupError):
        write(
            memory_store,
            lambda shelves: shelves.timeline.add(an_entry()),
            lambda shelves: shelves.incidents.save(an_incident(9)),
        )
    with memory_store.reading() as shelves:
        assert shelves.timeline.last_number() == 0
