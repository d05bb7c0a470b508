"""Proves Sentry's webhooks: HMAC-SHA256 over the raw bytes; the time beside it is not signed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from tocsin.connectors.leaves import decoded_object
from tocsin.connectors.sentry.events import read_event

# https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
SIGNATURE = "sentry-hook-signature"
RESOURCE = "sentry-hook-resource"
REQUEST_ID = "request-id"
_KIND = re.compile(r"[a-z_]{1,40}")
_REPEATABLE = frozenset({"issue", "metric_alert"})
"""Bodies of these may come again with the same bytes and mean it: resolved, back, resolved once more."""


@dataclass(frozen=True, slots=True)
class SentryHook:
    """Webhooks of Sentry's integration platform."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return the resource that the body is about."""
        name = headers.get(RESOURCE, "")
        return name if _KIND.fullmatch(name) else ""

    def token(self, request: HookRequest) -> str:
        """Return nothing: bodies are signed."""
        return ""

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove the raw bytes, not JSON written again as Sentry's own sample does. Raises `Forged`."""
        given = demand(request.headers, SIGNATURE, "signature")
        proved = the_one(
            secrets, lambda secret: same(given, hex_hmac(secret, request.body)), "its signature is wrong"
        )
        request_id = request.headers.get(REQUEST_ID, "") if request.kind in _REPEATABLE else ""
        return Verified(secret=proved, replay_key=digest_of(request.body, request_id))

    def read(self, request: HookRequest) -> ReadHook:
        """Read one event. Raises `NotJson`, `UnknownFormat`."""
        return read_event(request.kind, decoded_object(request.body), request.now)


HOOK = SentryHook()
