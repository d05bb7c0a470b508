"""Pages, deliveries and the Inbox on every store."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from nouns import INCIDENT, NOON, a_delivery, a_page, later
from tocsin.domain.page import DeliveryState


def test_pages_come_back_in_the_order_they_were_requested(any_store):
    second, first = a_page(requested_at=later(9), step=1), a_page()
    with any_store.transaction() as shelves:
        for page in (second, first, a_page(incident_id=uuid4())):
            shelves.pages.add(page)
    used = replace(first, link_used_at=later(3), acknowledged_at=later(3))
    with any_store.transaction() as shelves:
        shelves.pages.save(used)
    with any_store.reading() as shelves:
        assert shelves.pages.get(first.page_id) == used
        assert shelves.pages.of_incident(INCIDENT) == (used, second)
        assert shelves.pages.get(uuid4()) is None


def test_deliveries_are_found_by_key_and_incident(any_store):
    page_id = uuid4()
    first = a_delivery("a", page_id=page_id, person="ben")
    with any_store.transaction() as shelves:
        shelves.pages.add_delivery(first)
        shelves.pages.add_delivery(a_delivery("b"))
    gone = replace(first, state=DeliveryState.DELIVERED, attempts=2, finished_at=later(4), answer="ok")
    with any_store.transaction() as shelves:
        shelves.pages.save_delivery(gone)
    with any_store.reading() as shelves:
        assert shelves.pages.delivery("a") == gone
        assert shelves.pages.delivery("unknown") is None
        assert shelves.pages.deliveries_of(INCIDENT) == (gone, a_delivery("b"))


def test_pages_are_counted_by_person_and_time(any_store):
    with any_store.transaction() as shelves:
        for minute, person in ((0, "ben"), (5, "ben"), (6, "ada"), (10, "ben")):
            shelves.pages.add(a_page(person=person, requested_at=later(minute)))
    with any_store.reading() as shelves:
        assert dict(shelves.pages.called_between(NOON, later(10))) == {"ben": 2, "ada": 1}
        assert dict(shelves.pages.called_between(later(20), later(30))) == {}


def test_saving_what_was_never_added_is_a_mistake(any_store):
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.pages.save(a_page())
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.pages.save_delivery(a_delivery())


def test_the_inbox_keeps_a_message_once_and_shows_the_newest_first(any_store):
    with any_store.transaction() as shelves:
        assert shelves.inbox.keep("k1", "ben", "P1", "Disk full", "http://x/1", NOON) is True
        assert shelves.inbox.keep("k2", "ada", "P2", "Also", "http://x/2", later(1)) is True
        assert shelves.inbox.keep("k1", "ben", "P1", "again", "http://x/3", later(2)) is False
    with any_store.reading() as shelves:
        newest, oldest = shelves.inbox.recent()
        assert newest["key"] == "k2"
        assert dict(oldest) == {
            "key": "k1",
            "person": "ben",
            "subject": "P1",
            "text": "Disk full",
            "link": "http://x/1",
            "at": "2026-03-01T12:00:00+00:00",
        }
        assert shelves.inbox.recent(limit=1) == (newest,)
