"""Sends a message to every browser that a person subscribed; one that is gone is forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.connectors.push.encryption import LONGEST_TEXT_BYTES, encrypted
from tocsin.connectors.push.subscriptions import Subscription, drop, subscriptions_of
from tocsin.connectors.push.vapid import Vapid, bytes64, text64
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import failure_of
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Overloaded
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.domain.ports.shelves import Store

LIVES_S = 3600
"""A phone that was off for longer is not rung up for what has long been escalated."""
LONGEST_TITLE = 120
LONGEST_BODY = 600
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class PushChannel:
    """Web push as a channel; the address is a username."""

    store: Store
    clock: Clock
    vapid: Vapid
    outbound: Outbound = field(default_factory=lambda: Outbound(allow_private=False))

    @property
    def name(self) -> str:
        return "push"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Send to all browsers of a person; one that takes it is enough. Raises `DeliveryFailed`."""
        try:
            with self.store.reading() as shelves:
                browsers = subscriptions_of(shelves, address)
        except Overloaded as trouble:
            raise DeliveryFailed(FailureKind.RETRY_LATER, trouble.happened) from None
        text = payload_of(message)
        gone: list[Subscription] = []
        failures: list[DeliveryFailed] = []
        for browser in browsers:
            try:
                answer = self._push(browser, text, message)
            except DeliveryFailed as failed:
                failures.append(failed)
                continue
            if answer.status in _GONE:
                gone.append(browser)
            elif not 200 <= answer.status < 300:
                failures.append(failure_of(answer, "the push service", Secret(browser.auth)))
        self._forget(gone)
        taken = len(browsers) - len(gone) - len(failures)
        if not taken:
            raise _worst(failures, gone)
        return Receipt(f"taken for {taken} of {len(browsers)} browsers")

    def _push(self, browser: Subscription, text: bytes, message: Message) -> Answer:
        try:
            body = encrypted(text, bytes64(browser.p256dh), bytes64(browser.auth))
        except ValueError:
            reason = "a browser's subscription holds keys that are none"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason) from None
        headers = {
            "Authorization": self.vapid.authorization(browser.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(LIVES_S),
            "Urgency": "high" if message.is_page else "normal",
            "Topic": topic_of(message),
        }
        return self.outbound.post(browser.endpoint, content=body, headers=headers)

    def _forget(self, gone: Sequence[Subscription]) -> None:
        """Drop what is gone; if the database is away now, it will be gone the next time too."""
        if not gone:
            return
        try:
            with self.store.transaction() as shelves:
                drop(shelves, tuple(each.name for each in gone))
        except Overloaded:
            return


def payload_of(message: Message) -> bytes:
    """Return what the service worker is given: at most 3,993 bytes of JSON."""
    shown: dict[str, Any] = {
        "title": title_of(message, limit=LONGEST_TITLE),
        "body": paragraphs(message.text, limit=LONGEST_BODY),
        "tag": one_line(message.incident, limit=40),
        "page": message.is_page,
    }
    if is_web_link(message.link) and len(message.link) <= 1000:
        shown["url"] = message.link
    text = orjson.dumps(shown)
    return text if len(text) <= LONGEST_TEXT_BYTES else orjson.dumps({**shown, "body": ""})


def topic_of(message: Message) -> str:
    """Return what lets a later message replace one that was not fetched yet (RFC 8030 section 5.4)."""
    return text64(
        hashlib.sha256((message.incident_key or message.incident).encode("utf-8", "replace")).digest()
    )[:32]


def _worst(failures: Sequence[DeliveryFailed], gone: Sequence[Subscription]) -> DeliveryFailed:
    """Return the failure that leaves most hope; without any, nobody is subscribed."""
    for kind in (
        FailureKind.RETRY_LATER,
        FailureKind.UNKNOWN,
        FailureKind.REFUSED,
        FailureKind.MISCONFIGURED,
    ):
        for failed in failures:
            if failed.kind is kind:
                return failed
    if gone:
        reason = "every browser that was subscribed is gone; they were forgotten"
        return DeliveryFailed(FailureKind.MISCONFIGURED, reason, status=410)
    return DeliveryFailed(FailureKind.MISCONFIGURED, "this person has subscribed no browser")
