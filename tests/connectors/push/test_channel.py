"""Every browser of a person is told; one that is gone is forgotten, and one that takes it is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_browser import FakeBrowser

from http_partner import HttpPartner
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.push.channel import PushChannel, payload_of, topic_of
from tocsin.connectors.push.subscriptions import PUSH, Subscription, subscriptions_of, written
from tocsin.connectors.push.vapid import Vapid, key_of
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Overloaded
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.store.memory import MemoryStore

CLOCK = PushedClock(datetime(2026, 11, 20, 20, tzinfo=UTC))
VAPID = Vapid(key_of(b"\7" * 32), "mailto:ada@example.org", CLOCK)
PAGE = Message(
    key="page-1-1",
    subject="P1 Critical INC-1: the disk is full",
    text="It is full.",
    link="https://tocsin.example/acknowledge/1/x",
    severity="P1",
    incident="INC-1",
    is_page=True,
    incident_key="6f2c",
)


@pytest.fixture
def channel(memory_store: MemoryStore) -> PushChannel:
    return PushChannel(memory_store, CLOCK, VAPID, Outbound(time_limit_s=20))


@pytest.fixture
def subscribe(memory_store: MemoryStore, browser: FakeBrowser) -> Callable[..., None]:
    browser.believes = VAPID.public_key

    def made(endpoint: str = "", p256dh: str = "") -> None:
        told = Subscription("ben", endpoint or f"{browser.url}1", p256dh or browser.p256dh, "", "")
        told = replace(told, auth="c2l4dGVlbi1ieXRlcy1vaw")
        with memory_store.transaction() as shelves:
            shelves.marks.keep(PUSH, {told.name: written(told)}, CLOCK.now())

    return made


def known(store: MemoryStore) -> int:
    with store.reading() as shelves:
        return len(subscriptions_of(shelves, "ben"))


def failure(channel: PushChannel) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(PAGE, "ben")
    return failed.value


def test_a_page_is_shown_in_every_browser(channel: PushChannel, subscribe: Any, browser: FakeBrowser) -> None:
    subscribe()
    subscribe(f"{browser.url}2")
    assert channel.send(PAGE, "ben").answer == "taken for 2 of 2 browsers"
    assert (
        browser.shown[0]
        == browser.shown[1]
        == {
            "title": PAGE.subject,
            "body": "It is full.",
            "tag": "INC-1",
            "page": True,
            "url": PAGE.link,
        }
    )
    assert {got.headers["urgency"] for got in browser.received} == {"high"}


def test_a_browser_that_is_gone_is_forgotten(
    channel: PushChannel, subscribe: Any, browser: FakeBrowser, memory_store: MemoryStore
) -> None:
    subscribe()
    subscribe(f"{browser.url}gone")
    browser.reply = lambda got: (410 if got.path == "/gone" else 201, {}, b"")
    assert channel.send(PAGE, "ben").answer == "taken for 1 of 2 browsers"
    assert known(memory_store) == 1
    browser.reply = lambda got: (404, {}, b"")
    failed = failure(channel)
    assert (failed.kind, failed.status, known(memory_store)) == (FailureKind.MISCONFIGURED, 410, 0)
    assert "subscribed no browser" in failure(channel).reason


def test_one_that_takes_it_is_enough_and_the_others_are_not_told_twice(
    channel: PushChannel, subscribe: Any, browser: FakeBrowser
) -> None:
    subscribe()
    subscribe(f"{browser.url}ill")
    browser.reply = lambda got: (503 if got.path == "/ill" else 201, {}, b"")
    assert channel.send(PAGE, "ben").answer == "taken for 1 of 2 browsers"


def test_where_none_takes_it_the_failure_with_most_hope_counts(
    channel: PushChannel, subscribe: Any, browser: FakeBrowser
) -> None:
    subscribe()
    subscribe(f"{browser.url}ill")
    browser.reply = lambda got: (503 if got.path == "/ill" else 403, {}, b"")
    assert failure(channel).kind is FailureKind.RETRY_LATER


def test_keys_that_are_none_and_a_service_that_is_away_are_told(
    channel: PushChannel, subscribe: Any, browser: FakeBrowser, dead_port: int
) -> None:
    subscribe(p256dh="AAAA")
    assert failure(channel).kind is FailureKind.MISCONFIGURED
    subscribe(f"http://127.0.0.1:{dead_port}/")
    assert failure(channel).kind is FailureKind.RETRY_LATER


def test_a_database_that_is_away_is_no_reason_to_give_up(
    channel: PushChannel, subscribe: Any, browser: FakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any) -> None:
        raise Overloaded("The disk is full.", means="Nothing was kept.", next_step="Make room.")

    subscribe()
    subscribe(f"{browser.url}gone")
    browser.reply = lambda got: (410 if got.path == "/gone" else 201, {}, b"")
    monkeypatch.setattr(MemoryStore, "transaction", away)
    assert channel.send(PAGE, "ben").answer == "taken for 1 of 2 browsers"
    monkeypatch.setattr(MemoryStore, "reading", away)
    assert failure(channel).kind is FailureKind.RETRY_LATER


def test_a_private_address_is_not_asked(
    memory_store: MemoryStore, subscribe: Any, browser: HttpPartner
) -> None:
    subscribe()
    with pytest.raises(DeliveryFailed):
        PushChannel(memory_store, CLOCK, VAPID).send(PAGE, "ben")
    assert browser.received == []


def test_the_payload_is_bounded_and_its_link_a_link() -> None:
    long = payload_of(replace(PAGE, text="\x01€" * 5000, subject="𝔸" * 500, link="javascript:x"))
    assert len(long) <= 3993
    assert b"javascript" not in long
    huge = replace(PAGE, text='"' * 600, subject="€" * 120, link="https://t.example/" + "€" * 900)
    assert len(payload_of(huge)) <= 3993


def test_a_newer_message_of_an_incident_replaces_one_not_fetched_yet() -> None:
    assert topic_of(PAGE) == topic_of(replace(PAGE, key="page-1-2"))
    assert topic_of(PAGE) != topic_of(replace(PAGE, incident_key=""))
    assert len(topic_of(PAGE)) == 32
