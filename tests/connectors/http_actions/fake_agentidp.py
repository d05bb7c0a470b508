"""An AgentIdP as its runbooks describe it: agents, credentials, tokens, and an audit log that is verified."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from http_partner import HttpPartner, Received, Reply


def beginning() -> dict[str, Any]:
    return {
        "agents": {"agent-7": {"id": "agent-7", "status": "active"}},
        "credentials": {"cred-1": {"id": "cred-1", "status": "active"}},
        "tokens": 3,
    }


@dataclass
class FakeAgentIdP(HttpPartner):
    """One agent with one credential and three tokens."""

    token: str = "a-very-secret-agentidp-token"
    kept: dict[str, Any] = field(default_factory=beginning)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def state(self) -> Any:
        return copy.deepcopy(self.kept)

    def answer(self, got: Received) -> Reply:
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, b'{"code": "UNAUTHORIZED"}'
        body = json.loads(got.body) if got.body else {}
        parts = urlsplit(got.path).path.removeprefix("/v1/").split("/")
        found = self.routed(got.method, parts, body)
        if found is None:
            return 404, {}, b'{"code": "NOT_FOUND"}'
        return 200, {}, json.dumps(found).encode()

    def routed(self, method: str, parts: list[str], body: dict[str, Any]) -> Any:
        match (method, *parts):
            case ("GET", "audit", "verify"):
                return {"valid": False, "brokenAtEventId": "evt-12"}
            case ("GET", "audit"):
                return {"data": [], "total": 0}
            case ("GET", "agents", str(name)) | ("PATCH", "agents", str(name)):
                return self.of_agent(name, body)
            case ("GET", "agents", "agent-7", "credentials", str(name)):
                return self.kept["credentials"].get(name)
            case ("POST", "agents", "agent-7", "credentials", str(name), "revoke"):
                self.kept["credentials"][name]["status"] = "revoked"
                return self.kept["credentials"][name]
            case ("GET", "agents", "agent-7", "tokens"):
                return {"data": [], "total": self.kept["tokens"]}
            case ("POST", "agents", "agent-7", "tokens", "revoke"):
                self.kept["tokens"] = 0
                return {"revoked": True}
        return None

    def of_agent(self, name: str, body: dict[str, Any]) -> Any:
        agent = self.kept["agents"].get(name)
        if agent is not None and body.get("status", "active") in ("active", "suspended"):
            agent |= body
        return agent
