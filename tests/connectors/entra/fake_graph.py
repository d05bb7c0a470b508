"""A Microsoft Graph, with the door that gives tokens, that keeps its rules for users and applications."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from http_partner import HttpPartner, Received, Reply

EVE, BEN = "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0", "48d31887-5fad-4d73-a9f5-3c356e68a038"
APP, PRINCIPAL = "acc848e9-e8ec-4feb-a521-8d58b5482e09", "59e617e5-e447-4adc-8b88-00af644d7c92"
SECRET_ID = "f0b0b335-1d71-4883-8f98-567911bfdca6"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST = 2
"""Sign-ins a page, whatever is asked for; the real one gives up to 1,000."""


def user(number: str, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "userPrincipalName": f"{name}@example.org",
        "accountEnabled": True,
        "signInSessionsValidFromDateTime": "2026-01-01T00:00:00Z",
        "passwordProfile": {"forceChangePasswordNextSignIn": False},
    }


def error(status: int, code: str, words: str = "No.") -> Reply:
    return status, {}, json.dumps({"error": {"code": code, "message": words}}).encode()


@dataclass
class FakeGraph(HttpPartner):
    """One tenant with one application of ours, two users, and one application with one secret."""

    tenant: str = "contoso"
    client: str = "our-client-id"
    secret: str = "a-very-secret-client-secret"
    token: str = "a-very-secret-graph-token"
    lasts: int = 3600
    tokens_given: int = 0
    ended: int = 0
    users: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {EVE: user(EVE, "eve"), BEN: user(BEN, "ben")}
    )
    principals: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {PRINCIPAL: {"id": PRINCIPAL, "accountEnabled": True}}
    )
    secrets: list[str] = field(default_factory=lambda: [SECRET_ID])
    sign_ins: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def state(self) -> Any:
        return json.loads(json.dumps([self.users, self.principals, self.secrets]))

    def answer(self, got: Received) -> Reply:
        parts = urlsplit(got.path)
        if parts.path == f"/login/{self.tenant}/oauth2/v2.0/token":
            return self.gave_token(dict(parse_qsl(got.body.decode())))
        if got.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "InvalidAuthenticationToken")
        body = json.loads(got.body) if got.body else {}
        return self.routed(got.method, parts.path.removeprefix("/v1.0/").split("/"), body, parts.query)

    def gave_token(self, form: dict[str, str]) -> Reply:
        wanted = {"client_id": self.client, "grant_type": "client_credentials"}
        if form.get("client_secret") != self.secret:
            words = {"error": "invalid_client", "error_description": f"not {form.get('client_secret')}"}
            return 401, {}, json.dumps(words).encode()
        if not wanted.items() <= form.items() or not form.get("scope", "").endswith("/.default"):
            return 400, {}, b'{"error":"invalid_scope"}'
        self.tokens_given += 1
        told = {"token_type": "Bearer", "expires_in": self.lasts, "access_token": self.token}
        return 200, {}, json.dumps(told).encode()

    def routed(self, method: str, path: list[str], body: dict[str, Any], query: str) -> Reply:
        kind, *rest = map(unquote, path)
        if kind == "users":
            return self.of_user(method, rest, body)
        if kind == "servicePrincipals" and rest[0] in self.principals:
            return self.kept_or_shown(method, self.principals[rest[0]], body)
        if kind == "applications" and rest[0] == APP:
            return self.of_application(method, rest[1:], body)
        if kind == "reports" and rest == ["servicePrincipalSignInActivities"]:
            used = {"appId": "a", "lastSignInActivity": {"lastSignInDateTime": "2026-11-20T08:00:00Z"}}
            return 200, {}, json.dumps({"value": [used]}).encode()
        if kind == "auditLogs" and rest == ["signIns"]:
            return self.listed(parse_qs(query))
        return error(404, "Request_ResourceNotFound")

    def of_user(self, method: str, rest: list[str], body: dict[str, Any]) -> Reply:
        found = [one for one in self.users.values() if rest[0] in (one["id"], one["userPrincipalName"])]
        if not found:
            return error(404, "Request_ResourceNotFound")
        if rest[1:] == ["revokeSignInSessions"] and method == "POST":
            self.ended += 1
            found[0]["signInSessionsValidFromDateTime"] = f"2026-11-21T00:00:{self.ended:02}Z"
            return 200, {}, b'{"value": true}'
        if rest[1:] == ["transitiveMemberOf"]:
            return 200, {}, b'{"value": [{"displayName": "admins"}]}'
        return self.kept_or_shown(method, found[0], body)

    def kept_or_shown(self, method: str, found: dict[str, Any], body: dict[str, Any]) -> Reply:
        if method == "GET":
            return 200, {}, json.dumps(found).encode()
        if method != "PATCH" or not body or not set(body) <= set(found):
            return error(400, "Request_BadRequest")
        if type(body.get("accountEnabled", False)) is not bool:
            return error(400, "Request_BadRequest", "A boolean was expected.")
        found |= body
        return 204, {}, b""

    def of_application(self, method: str, rest: list[str], body: dict[str, Any]) -> Reply:
        if rest == [] and method == "GET":
            told = {"id": APP, "passwordCredentials": [{"keyId": one} for one in self.secrets]}
            return 200, {}, json.dumps(told).encode()
        if rest != ["removePassword"] or not UUID.fullmatch(body.get("keyId", "")):
            return error(400, "Request_BadRequest")
        if body["keyId"] not in self.secrets:
            return error(400, "Request_BadRequest", "No password credential found with keyId.")
        self.secrets.remove(body["keyId"])
        return 204, {}, b""

    def listed(self, query: dict[str, list[str]]) -> Reply:
        begin = int(query.get("$skiptoken", ["0"])[0])
        wanted = query["$filter"][0].removeprefix("userId eq '").removesuffix("'")
        found = [one for one in self.sign_ins if one["userId"] == wanted]
        told: dict[str, Any] = {"value": found[begin : begin + MOST]}
        if begin + MOST < len(found):
            told["@odata.nextLink"] = f"https://evil.example/v1.0/x?%24skiptoken={begin + MOST}"
        return 200, {}, json.dumps(told).encode()
