"""One POST for a notification, and the partner's verdict on it: what all chat receivers share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.http_config import headers_of, outbound_of
from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import failure_of
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

SHORTEST_PIECE = 12
_BETWEEN = re.compile(r"[/: ?=&]+")


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent. `secrets` are those that the address or the body holds; they are shown nowhere."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()


Make = Callable[[Notification, Mapping[str, Any]], Post]
Verdict = Callable[[Mapping[str, Any]], str]
"""Reads a success's JSON: returns what the partner calls the message. Raises `ValueError` with the fault."""


def taken(told: Mapping[str, Any]) -> str:
    """Take every success for one, whatever it says."""
    return ""


@dataclass(frozen=True, slots=True)
class PostingNotifier:
    """A notifier that is one POST: how it is made, and how a success is read."""

    partner: str
    make: Make
    verdict: Verdict = taken
    outbound: Outbound | None = None

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Post once. Raises `DeliveryFailed`."""
        settings = integration.settings
        http_config: Mapping[str, Any] = settings.get("http_config") or {}
        made = self.make(notification, settings)
        own = headers_of(http_config)
        headers = {"Content-Type": "application/json", **own, **made.headers}
        outbound = self.outbound or outbound_of(http_config)
        secrets = pieces_of(*made.secrets, Secret(own.get("Authorization", "")))
        answer = outbound.post(made.url, content=made.body, headers=headers)
        return receipt_of(answer, self.partner, self.verdict, secrets)


def pieces_of(*secrets: Secret) -> tuple[Secret, ...]:
    """Return secrets and their long parts: a partner may repeat the token alone of an address or a header."""
    texts = [secret.reveal() for secret in secrets]
    parts = [part for text in texts for part in _BETWEEN.split(text) if len(part) >= SHORTEST_PIECE]
    return tuple(map(Secret, dict.fromkeys((*filter(None, texts), *parts))))


def receipt_of(answer: Answer, partner: str, verdict: Verdict, secrets: tuple[Secret, ...]) -> Receipt:
    """Sort an answer; a success that the partner's own words deny is a failure. Raises `DeliveryFailed`."""
    if not 200 <= answer.status < 300:
        raise failure_of(answer, partner, *secrets)
    try:
        told = orjson.loads(answer.body) if verdict is not taken else {}
    except orjson.JSONDecodeError:
        told = None
    try:
        reference = verdict(told if isinstance(told, dict) else {})
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        words = one_line(hidden_in(str(fault), *secrets), limit=200)
        reason = f"{partner} answered {answer.status} but did not take it: {words}"
        raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status) from None
    reference = one_line(hidden_in(reference, *secrets), limit=80)
    return Receipt(f"{answer.status} {reference}".strip(), reference)


def demand(settings: Mapping[str, Any], *names: str) -> None:
    """Refuse an integration whose settings lack a text. Raises `DeliveryFailed`."""
    missing = [name for name in names if not settings.get(name)]
    if missing:
        reason = f"the integration has no {' and no '.join(missing)}"
        raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
