"""Takes what EventBridge sends to an API destination: a secret header, then a finding or another event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.connectors.aws_events import read_eventbridge
from tocsin.connectors.aws_findings import finding_delivery, is_finding_event
from tocsin.connectors.hook import (
    HookRequest,
    HookSecret,
    ReadHook,
    Verified,
    digest_of,
    token_of,
    verify_token,
)
from tocsin.connectors.leaves import decoded_object, word
from tocsin.connectors.refusal import NotJson


@dataclass(frozen=True, slots=True)
class EventBridgeHook:
    """An API destination of EventBridge, whose connection adds a header of ours."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the event says what it is."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return the secret header."""
        return token_of(request.headers, "x-api-key")

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Compare the secret header; a finding is known by its id, update and count. Raises `Forged`."""
        proved = verify_token(self.token(request), secrets)
        try:
            event = decoded_object(request.body)
        except NotJson:
            return Verified(secret=proved)
        own = finding_delivery(event) if is_finding_event(event) else word(event, "id")
        return Verified(secret=proved, replay_key=digest_of("eventbridge", own) if own else "")

    def read(self, request: HookRequest) -> ReadHook:
        """Read one event of EventBridge. Raises `NotJson`."""
        return read_eventbridge(decoded_object(request.body), request.now)


HOOK = EventBridgeHook()
