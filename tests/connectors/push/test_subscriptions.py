"""Browsers are remembered for their person, a few of them, and only where a message can be sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import NOON
from tocsin.connectors.push.subscriptions import PUSH, Subscription, drop, keep, subscriptions_of
from tocsin.connectors.push.vapid import text64
from tocsin.store.memory import MemoryStore

PHONE = Subscription(
    "ben", "https://push.example/1", text64(b"\4" + bytes(64)), text64(bytes(16)), "Firefox on a phone"
)


def test_a_browser_is_kept_for_its_person_and_dropped_again(memory_store: MemoryStore) -> None:
    with memory_store.transaction() as shelves:
        assert keep(shelves, PHONE, NOON)
        assert keep(shelves, PHONE, NOON)
        assert keep(shelves, replace(PHONE, username="ada"), NOON)
        assert subscriptions_of(shelves, "ben") == (PHONE,)
        drop(shelves, (PHONE.name,))
        assert subscriptions_of(shelves, "ben") == ()
        assert len(subscriptions_of(shelves, "ada")) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "http://push.example/1"},
        {"endpoint": "https://push.example/" + "x" * 2000},
        {"endpoint": "https://push.example/\n"},
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"auth": "not base64!"},
    ],
)
def test_what_nothing_can_be_sent_to_is_not_kept(memory_store: MemoryStore, changed: dict[str, str]) -> None:
    with memory_store.transaction() as shelves:
        assert not keep(shelves, replace(PHONE, **changed), NOON)
        assert subscriptions_of(shelves, "ben") == ()


def test_nobody_has_more_than_ten(memory_store: MemoryStore) -> None:
    with memory_store.transaction() as shelves:
        kept = [keep(shelves, replace(PHONE, endpoint=f"https://push.example/{n}"), NOON) for n in range(12)]
    assert kept == [True] * 10 + [False] * 2


def test_a_damaged_mark_is_no_browser(memory_store: MemoryStore) -> None:
    with memory_store.transaction() as shelves:
        shelves.marks.keep(PUSH, {"ben/1": b"{", "ben/2": b"{}", "ben/3": b"[]"}, NOON)
        assert subscriptions_of(shelves, "ben") == ()
