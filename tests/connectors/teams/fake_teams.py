"""A workflow of Microsoft Teams that takes cards as Teams shows them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from http_partner import HttpPartner, Received, Reply

LONGEST_BYTES = 28 * 1024
PATH = "/workflows/ab12/triggers/manual/paths/invoke?api-version=2016-06-01&sig=a-very-secret-signature"


@dataclass
class FakeTeams(HttpPartner):
    """It knows one workflow. `cards` are those it took."""

    path: str = PATH
    cards: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    @property
    def hook(self) -> str:
        return self.url.rstrip("/") + self.path

    def answer(self, got: Received) -> Reply:
        if got.path != self.path:
            return 401, {}, b'{"error":{"code":"DirectApiAuthorizationRequired"}}'
        if len(got.body) > LONGEST_BYTES:
            return 413, {}, b'{"error":{"code":"RequestEntityTooLarge"}}'
        posted = json.loads(got.body)
        if not is_message(posted):
            return 400, {}, b'{"error":{"code":"TriggerInputSchemaMismatch"}}'
        self.cards.append(posted["attachments"][0]["content"])
        return 202, {}, b""


def is_message(posted: Any) -> bool:
    attachments = posted.get("attachments") or []
    return posted.get("type") == "message" and len(attachments) == 1 and is_card(attachments[0])


def is_card(attachment: Any) -> bool:
    card = attachment.get("content") or {}
    return (
        attachment.get("contentType") == "application/vnd.microsoft.card.adaptive"
        and card.get("type") == "AdaptiveCard"
        and card.get("version") == "1.4"
        and len(card["body"]) >= 1
        and all(map(is_part, card["body"]))
        and len(card["actions"]) <= 6
        and all(
            action["type"] == "Action.OpenUrl" and action["url"].startswith("http")
            for action in card["actions"]
        )
    )


def is_part(part: Any) -> bool:
    if part["type"] == "TextBlock":
        return bool(part["text"]) and "{{" not in part["text"] and "<at>" not in part["text"]
    return part["type"] == "FactSet" and all(
        isinstance(fact["title"], str) and isinstance(fact["value"], str) for fact in part["facts"]
    )
