"""Posts messages to any address as signed JSON."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.plain import is_web_link
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import failure_of, shown
from tocsin.connectors.webhook.signature import key_of, signature
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.domain.page import GONE, Message, address_digest
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.domain.ports.shelves import Store

SCHEMA = "tocsin.message/1"


def secrets_of(text: str) -> tuple[Secret, ...]:
    """Split the setting's comma-separated text."""
    return tuple(Secret(part.strip()) for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """The webhook as a channel; the address is a URL. Each message is signed with every secret.

    Raises `Misconfigured` when made without a secret or with one that is none.
    """

    secrets: tuple[Secret, ...]
    clock: Clock
    outbound: Outbound = field(default_factory=Outbound)
    store: Store | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.secrets:
            raise Misconfigured(
                "The webhook channel has no secret to sign with.",
                means="The webhook channel is not set up; nothing goes out by it.",
                next_step="Set TOCSIN_WEBHOOK_SECRETS.",
            )
        self._keys()

    @property
    def name(self) -> str:
        return "webhook"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Post once. The id is the message's key, time and signature are fresh. Raises `DeliveryFailed`.

        410 says that the receiver wants no more: the address is remembered and not asked again, until it is
        changed or a person replays a message to it.
        """
        if self._is_gone(address):
            reason = (
                "this address answered 410 (Gone) before; it is asked again when it is changed or replayed"
            )
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason, status=410)
        body = body_of(message)
        timestamp = int(self.clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(message.key, timestamp, body, self._keys()),
        }
        answer = self.outbound.post(address, content=body, headers=headers)
        if answer.status == 410:
            self._remember_gone(address)
        if not 200 <= answer.status < 300:
            raise failure_of(answer, "the webhook", *self.secrets)
        return Receipt(f"{answer.status} {shown(answer, *self.secrets)}".strip())

    def _is_gone(self, address: str) -> bool:
        if self.store is None:
            return False
        name = address_digest(self.name, address)
        try:
            with self.store.reading() as shelves:
                return bool(shelves.marks.of(GONE, [name]))
        except Overloaded:
            # To ask once more does less harm than not to send a page.
            return False

    def _remember_gone(self, address: str) -> None:
        if self.store is None:
            return
        with suppress(Overloaded), self.store.transaction() as shelves:
            shelves.marks.keep(GONE, {address_digest(self.name, address): b""}, self.clock.now())

    def _keys(self) -> tuple[bytes, ...]:
        return tuple(key_of(secret) for secret in self.secrets)


def body_of(message: Message) -> bytes:
    """Return the JSON body, the same bytes for the same message. The receiver escapes the text."""
    return orjson.dumps({"schema": SCHEMA, "type": f"tocsin.{message.event}", "data": _message(message)})


def _message(message: Message) -> dict[str, Any]:
    return {
        "key": message.key,
        "incident": _sound(message.incident),
        "severity": _sound(message.severity),
        "is_page": message.is_page,
        "subject": _sound(message.subject),
        "text": _sound(message.text),
        "link": _sound(message.link),
        "fields": [{"name": _sound(name), "value": _sound(value)} for name, value in message.fields],
        "runbook_url": message.runbook_url if is_web_link(message.runbook_url) else "",
    }


def _sound(text: str) -> str:
    """Replace half surrogates, which no UTF-8 can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
