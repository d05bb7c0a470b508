"""Jira Service Management keeping its rules, behind the door for keys and the door for accounts."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from http_partner import HttpPartner, Received, Reply

LONGEST = {"message": 130, "alias": 512, "description": 15_000, "entity": 512, "source": 100, "note": 25_000}
KINDS = ("team", "user", "escalation", "schedule")
INTEGRATION = "/integration/v2/alerts"
STATES = {"acknowledge": "acknowledged", "close": "closed"}


@dataclass
class FakeServiceManagement(HttpPartner):
    """`alerts` are those that were made, by alias; `states` how they stand; `counts` how often they came."""

    key: str = "a-very-secret-integration-key"
    user: str = "ada@tocsin.example"
    token: str = "a-very-secret-api-token"
    site: str = "11111111-2222-3333-4444-555555555555"
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        parts = urlsplit(got.path)
        query = {name: words[0] for name, words in parse_qs(parts.query).items()}
        body = json.loads(got.body) if got.body else {}
        if parts.path.startswith(INTEGRATION):
            if got.headers.get("authorization") != f"GenieKey {self.key}":
                return as_json(401, {"message": "Could not authenticate"})
            return self.by_key(got.method, parts.path.removeprefix(INTEGRATION), query, body)
        if got.headers.get("authorization") != self.basic:
            return as_json(401, {"message": "Unauthorized"})
        return self.by_account(
            got.method, parts.path.removeprefix(f"/api/{self.site}/v1/alerts"), query, body
        )

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.token}".encode()).decode()

    def by_key(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
        if (method, path) == ("POST", ""):
            return self.made(body, "details")
        found = re.fullmatch(r"/([^/]+)/(acknowledge|close|message|description)", path)
        if not found or query.get("identifierType") != "alias":
            return as_json(404, {"message": "no such identifier"})
        alias, part = unquote(found[1]), found[2]
        if part in STATES:
            return self.acted(alias, part)
        if method != "PUT" or not body.get(part) or len(body[part]) > LONGEST[part]:
            return as_json(422, {"message": f"{part} is not fit"})
        if alias in self.alerts:
            self.alerts[alias] |= {part: body[part]}
        return accepted()

    def by_account(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
        if (method, path) == ("POST", ""):
            return self.made(body, "extraProperties")
        aliases = list(self.alerts)
        if (method, path) == ("GET", "/alias"):
            alias = query.get("alias", "")
            if self.states.get(alias, "closed") == "closed":
                return as_json(404, {"message": "Alert does not exist"})
            return as_json(200, {"id": f"aaaa-{aliases.index(alias)}", "alias": alias})
        found = re.fullmatch(r"/aaaa-(\d+)/(acknowledge|close)", path)
        if method != "POST" or not found:
            return as_json(404, {"message": "no such page"})
        return self.acted(aliases[int(found[1])], found[2])

    def made(self, body: dict[str, Any], details: str) -> Reply:
        faults = faults_of(body, details)
        if faults:
            return as_json(422, {"message": "Request body is not processable.", "errors": faults})
        alias = body.get("alias") or f"given-{len(self.alerts)}"
        if self.states.get(alias, "closed") == "closed":
            self.alerts[alias], self.states[alias] = body, "open"
        self.counts[alias] = self.counts.get(alias, 0) + 1
        return accepted()

    def acted(self, alias: str, action: str) -> Reply:
        """What has no open alert is accepted all the same, and nothing comes of it."""
        if self.states.get(alias, "closed") != "closed":
            self.states[alias] = STATES[action]
        return accepted()


def faults_of(body: dict[str, Any], details: str) -> list[str]:
    faults = [] if str(body.get("message") or "").strip() else ["message can not be empty"]
    faults += [f"{name} is too long" for name, limit in LONGEST.items() if len(body.get(name) or "") > limit]
    if body.get("priority", "P3") not in ("P1", "P2", "P3", "P4", "P5"):
        faults.append("priority should be one of [ P1, P2, P3, P4, P5 ]")
    if not all(isinstance(part, str) for part in body.get(details, {}).values()):
        faults.append(f"{details} holds what is no text")
    if any(one.get("type") not in KINDS or len(one) < 2 for one in body.get("responders", ())):
        faults.append("responders are not clear")
    if len(body.get("tags", ())) > 20 or any(len(tag) > 50 for tag in body.get("tags", ())):
        faults.append("tags are too many or too long")
    return faults + [f"unknown field {name}" for name in body if name not in KNOWN | {details}]


KNOWN = set(LONGEST) | {"priority", "responders", "tags", "actions", "visibleTo"}


def accepted() -> Reply:
    return as_json(202, {"result": "Request will be processed", "took": 0.1, "requestId": "4c1f-1"})


def as_json(status: int, told: Any) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(told).encode()
