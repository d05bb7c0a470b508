"""What only the memory twin of the groups could get wrong; the contract: tests/store/shelves."""

from __future__ import annotations

from tocsin.domain.ports.groups import Member


def test_members_of_a_transaction_that_failed_are_not_kept(memory_store):
    try:
        with memory_store.transaction() as shelves:
            shelves.groups.put([Member("1" * 64, "00000000000000aa", 1)])
            raise RuntimeError
    except RuntimeError:
        pass
    with memory_store.reading() as shelves:
        assert shelves.groups.members() == ()
