"""A status page that keeps incidents as Statuspage does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from http_partner import HttpPartner, Received, Reply


@dataclass
class FakeStatuspage(HttpPartner):
    """One status page that keeps incidents, knows its components, and needs a key."""

    key: str = "a-very-secret-api-key"
    page: str = "kctbh9vrtdwd"
    components: tuple[str, ...] = ("b13yz5g2cw10", "ftgks51sfs2d")
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: int = 0

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        if self.status:
            return self.status, {}, f"no: {self.key}".encode()
        if got.headers.get("authorization") != f"OAuth {self.key}":
            return 401, {}, b'{"error":"Could not authenticate"}'
        root = f"/pages/{self.page}/incidents"
        if got.method == "GET" and got.path == f"{root}/unresolved":
            waiting = [one for one in self.incidents.values() if one["status"] != "resolved"]
            return 200, {}, json.dumps(waiting).encode()
        told = json.loads(got.body)["incident"]
        if not set(told["components"]) <= set(self.components):
            return 422, {}, b'{"error":["component_ids are not valid"]}'
        if got.method == "POST" and got.path == root and told.get("name"):
            number = f"inc{len(self.incidents):09}"
            self.incidents[number] = {"id": number, **told}
            return 201, {}, json.dumps(self.incidents[number]).encode()
        number = got.path.rpartition("/")[2]
        if got.method == "PATCH" and number in self.incidents:
            self.incidents[number] |= told
            return 200, {}, json.dumps(self.incidents[number]).encode()
        return 404, {}, b'{"error":"not found"}'
