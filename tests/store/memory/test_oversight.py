"""What only the memory twin of oversight could get wrong; the contract is in tests/store/shelves."""

from __future__ import annotations

from nouns import a_delivery, later
from tocsin.domain.page import DeliveryState


def test_a_dead_message_without_an_end_is_older_than_any_other(memory_store):
    with memory_store.transaction() as shelves:
        shelves.pages.add_delivery(a_delivery("a", state=DeliveryState.DEAD))
        shelves.pages.add_delivery(a_delivery("b", state=DeliveryState.DEAD, finished_at=later(1)))
        assert shelves.oversight.dead() == ("b", "a")
        assert shelves.oversight.died_since(later(0)) == 1
