"""Proves GitHub's webhooks: HMAC-SHA256 over the bytes as sent, be they JSON or a form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.connectors.github.events import read_event
from tocsin.connectors.hook import (
    HookRequest,
    HookSecret,
    ReadHook,
    Verified,
    demand,
    digest_of,
    hex_hmac,
    same,
    the_one,
)
from tocsin.connectors.leaves import decoded_form, decoded_object
from tocsin.connectors.refusal import NotJson

# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
SIGNATURE = "x-hub-signature-256"
EVENT = "x-github-event"
_KIND = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class GitHubHook:
    """GitHub's webhooks, version 3 of its API."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return the event's name."""
        name = headers.get(EVENT, "")
        return name if _KIND.fullmatch(name) else ""

    def token(self, request: HookRequest) -> str:
        """Return nothing: bodies are signed."""
        return ""

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove the raw bytes. The delivery's id is not signed, so a body is known by itself.

        Every body holds ids and times of its own, and a redelivery repeats it. Raises `Forged`.
        """
        given = demand(request.headers, SIGNATURE, "signature")
        proved = the_one(
            secrets,
            lambda secret: same(given, f"sha256={hex_hmac(secret, request.body)}"),
            "its signature is wrong",
        )
        return Verified(secret=proved, replay_key=digest_of(request.body))

    def read(self, request: HookRequest) -> ReadHook:
        """Read the JSON, also where a form carries it. Raises `NotJson`."""
        body = request.body
        if body.startswith(b"payload="):
            body = decoded_form(body).get("payload", "").encode()
        if not request.kind:
            raise NotJson("The request names no event of GitHub.")
        return read_event(request.kind, decoded_object(body), body, request.now)


HOOK = GitHubHook()
