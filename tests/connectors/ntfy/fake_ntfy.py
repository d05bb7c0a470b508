"""An ntfy server that keeps its rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from http_partner import HttpPartner, Received, Reply


@dataclass
class FakeNtfy(HttpPartner):
    """An ntfy server with one token and the limits of its documentation."""

    token: str = "tk_a_very_secret_token"
    messages: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, b'{"code":40101,"http":401,"error":"unauthorized"}'
        message = json.loads(got.body)
        actions = message.get("actions", [])
        sound = (
            got.path == "/"
            and 1 <= message["priority"] <= 5
            and 0 < len(message["message"].encode()) <= 4096
            and len(actions) <= 3
            and all(each["action"] == "view" and each["url"].startswith("http") for each in actions)
        )
        if not sound:
            return 400, {}, b'{"code":40024,"http":400,"error":"invalid request"}'
        self.messages.append(message)
        return 200, {}, json.dumps({"id": f"m{len(self.messages)}", "event": "message"}).encode()
