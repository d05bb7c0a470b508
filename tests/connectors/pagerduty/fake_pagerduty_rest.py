"""A PagerDuty that keeps the rules of its REST API for incidents and their notes."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from http_partner import HttpPartner, Received, Reply


@dataclass
class FakePagerDutyRest(HttpPartner):
    """It knows one incident by its key."""

    token: str = "a-very-secret-rest-token"
    sender: str = "ada@tocsin.example"
    incident_key: str = "tocsin-0d7e"
    status: str = "triggered"
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def state(self) -> Any:
        return copy.deepcopy([self.status, self.notes])

    def answer(self, got: Received) -> Reply:
        if got.headers.get("authorization") != f"Token token={self.token}":
            return 401, {}, b'{"error":{"message":"Account not found","code":2006}}'
        if got.method != "GET" and got.headers.get("from") != self.sender:
            return 400, {}, b'{"error":{"message":"Invalid From header","code":2001}}'
        parts = urlsplit(got.path)
        body = json.loads(got.body) if got.body else {}
        found = self.routed(got.method, parts.path, parse_qs(parts.query), body)
        if isinstance(found, int):
            return found, {}, b'{"error":{"message":"No","code":2001}}'
        return 200 if got.method != "POST" else 201, {}, json.dumps(found).encode()

    def routed(self, method: str, path: str, query: dict[str, Any], body: dict[str, Any]) -> Any:
        ours = {"id": "PT4KHLK", "incident_key": self.incident_key, "status": self.status}
        if (method, path) == ("GET", "/incidents"):
            is_ours = query.get("incident_key") == [self.incident_key]
            is_wanted = self.status in query.get("statuses[]", ("triggered", "acknowledged"))
            return {"incidents": [ours] if is_ours and is_wanted else [], "more": False}
        if (method, path) == ("PUT", "/incidents/PT4KHLK"):
            return self.moved(body.get("incident", {}))
        if path == "/incidents/PT4KHLK/notes":
            if method == "POST":
                content = body.get("note", {}).get("content")
                if not content:
                    return 400
                self.notes.append(content)
                return {"note": {"id": f"N{len(self.notes)}", "content": content}}
            return {"notes": [{"content": content} for content in self.notes]}
        return 404

    def moved(self, incident: dict[str, Any]) -> Any:
        if incident.get("type") != "incident_reference" or self.status == "resolved":
            return 400
        self.status = incident["status"]
        return {"incident": {"id": "PT4KHLK", "status": self.status}}
