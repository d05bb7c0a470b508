"""Proves what comes signed by the Standard Webhooks rules, and reads it by the source's mapping."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.connectors.hook import (
    Forged,
    HookRequest,
    HookSecret,
    ReadHook,
    Verified,
    demand,
    demand_recent,
    digest_of,
    same,
    the_one,
)
from tocsin.connectors.mapped import read_mapped
from tocsin.connectors.webhook.signature import PREFIX

# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
MOST_SIGNATURES = 10


@dataclass(frozen=True, slots=True)
class StandardWebhook:
    """A sender that follows the Standard Webhooks rules."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the mapping says what it is."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return nothing: bodies are signed."""
        return ""

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove id, time (at most 5 minutes from ours) and the raw bytes. Raises `Forged`."""
        message_id = demand(request.headers, "webhook-id", "webhook-id")
        at = demand(request.headers, "webhook-timestamp", "timestamp")
        header = demand(request.headers, "webhook-signature", "signature")
        given = header.split(" ")[:MOST_SIGNATURES]
        signed = f"{message_id}.{at}.".encode("utf-8", "surrogateescape") + request.body

        def proves(secret: HookSecret) -> bool:
            digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
            expected = f"v1,{base64.b64encode(digest).decode('ascii')}"
            return any([same(one, expected) for one in given])

        proved = the_one(secrets, proves, "its signature is wrong")
        demand_recent(at, request.now)
        return Verified(secret=proved, replay_key=digest_of("standard", message_id))

    def read(self, request: HookRequest) -> ReadHook:
        """Read the body by the source's mapping. Raises `NotJson`; a body that does not map is set aside."""
        return read_mapped(request, None)


def _key(secret: HookSecret) -> bytes:
    """Return the key's bytes; a secret without whsec_ is none of these rules'. Raises `Forged`."""
    text = secret.secret.reveal()
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise Forged("a secret set up for this source is not whsec_ and base64") from None


HOOK = StandardWebhook()
