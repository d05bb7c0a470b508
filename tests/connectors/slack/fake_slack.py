"""A Slack that keeps Slack's rules as Slack documents them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from http_partner import HttpPartner, Received, Reply


@dataclass
class FakeSlack(HttpPartner):
    """A Slack that knows one bot, one channel and one person, and checks blocks as Slack documents them."""

    token: str = "xoxb-a-very-secret-bot-token"
    channels: tuple[str, ...] = ("C0INCIDENTS", "U0BEN")
    messages: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        verdict: dict[str, Any] = {"ok": False, "error": self.error or self.fault_of(got)}
        if not verdict["error"]:
            message = json.loads(got.body)
            self.messages.append(message)
            ts = f"1795207000.{len(self.messages):06}"
            verdict = {"ok": True, "channel": message["channel"], "ts": ts, "message": message}
        return 200, {"Content-Type": "application/json"}, json.dumps(verdict).encode()

    def fault_of(self, got: Received) -> str:
        if got.path != "/chat.postMessage":
            return "unknown_method"
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return "invalid_auth"
        if not got.headers.get("content-type", "").startswith("application/json"):
            return "invalid_post_type"
        message = json.loads(got.body)
        if message.get("channel") not in self.channels:
            return "channel_not_found"
        if not message.get("text") and not message.get("blocks"):
            return "no_text"
        if not all(map(is_valid_block, message.get("blocks", []))) or len(message.get("blocks", [])) > 50:
            return "invalid_blocks"
        total = sum(len(block["text"]["text"]) for block in message.get("blocks", []) if "text" in block)
        return "msg_blocks_too_long" if total > 13_000 else ""


def is_valid_block(block: Any) -> bool:
    kind = block.get("type")
    if kind == "header":
        return is_valid_text(block["text"], "plain_text", 150)
    if kind == "section":
        return is_valid_text(block["text"], "mrkdwn", 3000)
    if kind == "actions":
        return 1 <= len(block["elements"]) <= 25 and all(map(is_valid_button, block["elements"]))
    return False


def is_valid_text(text: Any, kind: str, longest: int) -> bool:
    if not isinstance(text, dict) or text.get("type") != kind:
        return False
    width = len(text["text"].encode("utf-16-le", "surrogatepass")) // 2
    is_quiet = kind == "plain_text" or ("<" not in text["text"] and ">" not in text["text"])
    return 1 <= width <= longest and is_quiet


def is_valid_button(button: Any) -> bool:
    return (
        button["type"] == "button"
        and is_valid_text(button["text"], "plain_text", 75)
        and button.get("url", "").startswith(("http://", "https://"))
        and len(button["url"]) <= 3000
        and button.get("style", "primary") in ("primary", "danger")
    )
