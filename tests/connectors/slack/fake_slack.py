"""A Slack that keeps Slack's rules as Slack documents them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from http_partner import HttpPartner, Received, Reply

PEOPLE = {"U0BEN": "D0BEN"}
"""The conversation that each person has with the bot."""
TOTAL_TEXT = 13_000
WRITING = frozenset({"chat.postMessage", "chat.update", "conversations.open"})
READING = frozenset({"conversations.history", "conversations.replies"})


@dataclass
class FakeSlack(HttpPartner):
    """A Slack that knows one bot, one channel and one person, and checks blocks as Slack documents them.

    `messages` are as they were posted, `shown` as they stand now, by `channel:ts`. `error` is answered to
    everything, `errors` to one method. `lose_answers` keeps what was sent but hangs no receipt on it.
    """

    token: str = "xoxb-a-very-secret-bot-token"
    channels: tuple[str, ...] = ("C0INCIDENTS", *PEOPLE, *PEOPLE.values())
    messages: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    lose_answers: bool = False

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        method = urlsplit(got.path).path.strip("/")
        body = asked(got)
        error = self.error or self.errors.get(method) or self.fault_of(got, method, body)
        verdict = {"ok": False, "error": error} if error else {"ok": True} | self.done(method, body)
        if self.lose_answers and method.startswith("chat."):
            return 503, {}, b"upstream connect error"
        return 200, {"Content-Type": "application/json"}, json.dumps(verdict).encode()

    def done(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "chat.postMessage":
            return self.posted(body)
        if method == "chat.update":
            self.shown[f"{body['channel']}:{body['ts']}"] |= body
            return {"channel": body["channel"], "ts": body["ts"], "text": body.get("text", "")}
        if method == "conversations.open":
            return {"channel": {"id": PEOPLE[body["users"]]}}
        return {"messages": self.listed(body), "has_more": False}

    def posted(self, body: dict[str, Any]) -> dict[str, Any]:
        self.messages.append(body)
        ts = f"1795207000.{len(self.messages):06}"
        channel = PEOPLE.get(body["channel"], body["channel"])
        self.shown[f"{channel}:{ts}"] = body | {"channel": channel, "ts": ts}
        return {"channel": channel, "ts": ts, "message": body}

    def listed(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Newest first; answers below a message are listed with it alone, metadata only when asked for."""
        below = query.get("ts")
        found = [
            one
            for one in reversed(self.shown.values())
            if one["channel"] == query["channel"]
            and (one.get("thread_ts") == below or (below is not None and one["ts"] == below))
        ]
        is_asked = query.get("include_all_metadata") in ("true", "1", True)
        hidden = set() if is_asked else {"metadata"}
        return [
            {name: part for name, part in one.items() if name not in hidden}
            for one in found[: int(query.get("limit", 100))]
        ]

    def fault_of(self, got: Received, method: str, body: dict[str, Any]) -> str:
        if method not in WRITING | READING:
            return "unknown_method"
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return "invalid_auth"
        if method == "conversations.open":
            return "" if body.get("users") in PEOPLE else "user_not_found"
        if method in READING:
            return (
                ""
                if body.get("channel") in self.channels and body["channel"][0] in "CD"
                else "channel_not_found"
            )
        if not got.headers.get("content-type", "").startswith("application/json"):
            return "invalid_post_type"
        return self.fault_of_message(method, body)

    def fault_of_message(self, method: str, message: dict[str, Any]) -> str:
        if message.get("channel") not in self.channels:
            return "channel_not_found"
        if method == "chat.update" and f"{message['channel']}:{message.get('ts')}" not in self.shown:
            return "message_not_found"
        if "thread_ts" in message and f"{message['channel']}:{message['thread_ts']}" not in self.shown:
            return "thread_not_found"
        if not message.get("text") and not message.get("blocks"):
            return "no_text"
        blocks = message.get("blocks", [])
        if not all(map(is_valid_block, blocks)) or len(blocks) > 50:
            return "invalid_blocks"
        total = sum(len(block["text"]["text"]) for block in blocks if "text" in block)
        return "msg_blocks_too_long" if total > TOTAL_TEXT else ""


def asked(got: Received) -> dict[str, Any]:
    """Return what was asked, from the query, a form, or JSON."""
    if got.headers.get("content-type", "").startswith("application/json"):
        found: dict[str, Any] = json.loads(got.body)
        return found
    return dict(parse_qsl(urlsplit(got.path).query)) | dict(parse_qsl(got.body.decode()))


def is_valid_block(block: Any) -> bool:
    kind = block.get("type")
    if kind == "header":
        return is_valid_text(block["text"], "plain_text", 150)
    if kind == "section":
        return is_valid_text(block["text"], "mrkdwn", 3000)
    if kind == "actions":
        ids = [element.get("action_id") for element in block["elements"]]
        is_clear = len(set(ids)) == len(ids) and len(block.get("block_id", "")) <= 255
        return is_clear and 1 <= len(ids) <= 25 and all(map(is_valid_button, block["elements"]))
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
        and ("url" not in button or button["url"].startswith(("http://", "https://")))
        and len(button.get("url", "")) <= 3000
        and len(button.get("value", "")) <= 2000
        and button.get("style", "primary") in ("primary", "danger")
        and is_valid_question(button.get("confirm"))
    )


def is_valid_question(question: Any) -> bool:
    longest = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return question is None or all(
        is_valid_text(question[name], "plain_text", limit) for name, limit in longest.items()
    )
