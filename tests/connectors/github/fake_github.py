"""A GitHub that keeps its rules for deployments, workflow runs and leaked tokens of one repository."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from http_partner import HttpPartner, Received, Reply

HERE = "/repos/ada/shop"
REFS = {"main": "a" * 40, "v1": "b" * 40, "a" * 40: "a" * 40, "b" * 40: "b" * 40}


@dataclass
class FakeGitHub(HttpPartner):
    """One repository with one deployment and one workflow. A token in `leaked` is revoked when handed in."""

    token: str = "ghs_a-very-secret-token"
    deployments: list[dict[str, Any]] = field(
        default_factory=lambda: [{"id": 1, "sha": "b" * 40, "ref": "v1", "payload": {}}]
    )
    runs: list[int] = field(default_factory=lambda: [7])
    revoked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def state(self) -> Any:
        return copy.deepcopy([self.deployments, self.runs, sorted(set(self.revoked))])

    def answer(self, got: Received) -> Reply:
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, b'{"message":"Bad credentials"}'
        body = json.loads(got.body) if got.body else {}
        status, told = self.routed(got.method, urlsplit(got.path).path, body)
        return status, {}, json.dumps(told).encode() if told is not None else b""

    def routed(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        match method, path.removeprefix(HERE):
            case "GET", "/deployments":
                return 200, self.deployments
            case "POST", "/deployments":
                return self.deployed(body)
            case "GET", "/actions/workflows/rotate.yml/runs":
                return 200, {"workflow_runs": [{"id": one} for one in self.runs[:1]]}
            case "POST", "/actions/workflows/rotate.yml/dispatches":
                if body.get("ref") not in REFS:
                    return 422, {"message": "No ref found"}
                self.runs.insert(0, self.runs[0] + 1)
                return 204, None
            case "POST", "/credentials/revoke":
                self.revoked += body["credentials"]
                return 202, {}
        return 404, {"message": "Not Found"}

    def deployed(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body.get("ref") not in REFS:
            return 422, {"message": "No ref found for: " + str(body.get("ref"))}
        made = {"id": len(self.deployments) + 1, "sha": REFS[body["ref"]], **body}
        self.deployments.insert(0, made)
        return 201, made
