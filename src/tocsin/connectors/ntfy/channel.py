"""Publishes messages to ntfy topics as JSON and sorts its errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import failure_of, shown
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

# The form and the limits are from https://docs.ntfy.sh/publish/ (sections Publish as JSON and Limitations).
LONGEST_TITLE = 250
LONGEST_TEXT_BYTES = 4096
PRIORITIES = {"P1": 5, "P2": 4, "P3": 3, "P4": 2}
"""5 rings through "do not disturb"; 1 shows nothing at all."""
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_TAGS = {"P1": "rotating_light", "P2": "warning"}
_FULL = 507
"""The server has no room for its cache: it heals, although it is not among the common codes."""


@dataclass(frozen=True, slots=True)
class NtfyChannel:
    """ntfy as a channel; the address is a topic."""

    url: str
    token: Secret
    outbound: Outbound = field(default_factory=Outbound)

    @property
    def name(self) -> str:
        return "ntfy"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Publish once. Raises `DeliveryFailed`; an answer that cannot be read counts as unknown."""
        if not _TOPIC.fullmatch(address):
            raise DeliveryFailed(FailureKind.MISCONFIGURED, "the address is no ntfy topic")
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        content = orjson.dumps(payload_of(message, address))
        answer = self.outbound.post(f"{self.url.rstrip('/')}/", content=content, headers=headers)
        if answer.status == _FULL:
            reason = f"ntfy answered 507: {shown(answer, self.token)}"
            raise DeliveryFailed(FailureKind.RETRY_LATER, reason, status=answer.status)
        if not 200 <= answer.status < 300:
            raise failure_of(answer, "ntfy", self.token)
        return self._receipt(answer)

    def _receipt(self, answer: Answer) -> Receipt:
        try:
            told = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("id"), str):
            reason = "ntfy answered 200 with what is not its JSON"
            raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status)
        number = one_line(told["id"], limit=80)
        return Receipt(f"message {number}", number)


def payload_of(message: Message, topic: str) -> dict[str, Any]:
    """Return the body; a click opens the page where the receiver acknowledges, as its first button does.

    The button is a link and no request from the phone: what opens a link by itself must acknowledge nothing.
    """
    payload: dict[str, Any] = {
        "topic": topic,
        "title": title_of(message, limit=LONGEST_TITLE),
        "message": _within(paragraphs(message.text, limit=LONGEST_TEXT_BYTES), LONGEST_TEXT_BYTES),
        "priority": PRIORITIES.get(message.severity, 3) if message.is_page else 3,
    }
    if message.severity in _TAGS:
        payload["tags"] = [_TAGS[message.severity]]
    buttons = [("Acknowledge" if message.is_page else "Open", message.link), ("Runbook", message.runbook_url)]
    actions = [
        {"action": "view", "label": label, "url": url, "clear": label == "Acknowledge"}
        for label, url in buttons
        if is_web_link(url)
    ]
    if actions:
        payload["actions"] = actions
    if is_web_link(message.link):
        payload["click"] = message.link
    return payload


def _within(text: str, limit: int) -> str:
    """Cut to a number of bytes: beyond it ntfy turns the text into an attachment, which nobody opens."""
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore") or " "
