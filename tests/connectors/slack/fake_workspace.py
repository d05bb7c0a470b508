"""A Slack that also has channels to be made, listed, archived, and people to be invited."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from fake_slack import FakeSlack

from http_partner import Received

CHANGING = frozenset({"conversations.create", "conversations.invite", "conversations.archive"})
LISTING = frozenset({"conversations.list", "conversations.members"})
PEOPLE = ("U0BEN", "U0ADA")
A_PAGE = 1


@dataclass
class FakeWorkspace(FakeSlack):
    """It lists one channel a page, whatever is asked for. `made` are channels by their id."""

    made: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "C1": {"id": "C1", "name": "general", "is_archived": False, "members": ["U0BEN"]},
            "C2": {"id": "C2", "name": "inc-2025-999", "is_archived": True, "members": []},
        }
    )

    def state(self) -> Any:
        return copy.deepcopy([self.made, self.shown])

    def fault_of(self, got: Received, method: str, body: dict[str, Any]) -> str:
        if method not in CHANGING | LISTING:
            return super().fault_of(got, method, body)
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return "invalid_auth"
        if method == "conversations.create":
            return self.fault_of_name(str(body.get("name", "")))
        if method == "conversations.list":
            return ""
        channel = self.made.get(body.get("channel", ""))
        if channel is None:
            return "channel_not_found"
        if method == "conversations.invite":
            wanted = body["users"].split(",")
            if not set(wanted) <= set(PEOPLE):
                return "user_not_found"
            return "already_in_channel" if set(wanted) & set(channel["members"]) else ""
        return "already_archived" if method.endswith("archive") and channel["is_archived"] else ""

    def fault_of_name(self, name: str) -> str:
        if re.fullmatch(r"[a-z0-9_-]{1,80}", name) is None:
            return "invalid_name_specials"
        return "name_taken" if any(one["name"] == name for one in self.made.values()) else ""

    def done(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "conversations.list":
            return self.page(body)
        if method == "conversations.create":
            number = f"C{len(self.made) + 1}"
            self.made[number] = {"id": number, "name": body["name"], "is_archived": False, "members": []}
            return {"channel": self.made[number]}
        if method == "conversations.members":
            return {"members": self.made[body["channel"]]["members"]}
        if method == "conversations.invite":
            self.made[body["channel"]]["members"] += body["users"].split(",")
            return {"channel": self.made[body["channel"]]}
        if method == "conversations.archive":
            self.made[body["channel"]]["is_archived"] = True
            return {}
        return super().done(method, body)

    def page(self, body: dict[str, Any]) -> dict[str, Any]:
        begin = int(body.get("cursor", "0"))
        leaves_out = body.get("exclude_archived") == "true"
        found = [one for one in self.made.values() if not (leaves_out and one["is_archived"])]
        more = str(begin + A_PAGE) if begin + A_PAGE < len(found) else ""
        return {"channels": found[begin : begin + A_PAGE], "response_metadata": {"next_cursor": more}}
