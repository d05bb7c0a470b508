"""Takes events as PagerDuty does: the routing key in the body is the token, 202 says that they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.connectors.events_v2.events import invalid, read_change, read_event
from tocsin.connectors.hook import HookRequest, HookSecret, ReadHook, Verified, token_of, verify_token
from tocsin.connectors.leaves import decoded_object, word
from tocsin.connectors.refusal import NotJson

CHANGE = "change"
ROUTING_HEADER = "x-routing-key"


@dataclass(frozen=True, slots=True)
class EventsV2Hook:
    """PagerDuty's Events API v2, from the receiver's side."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the body says what it is."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return the routing key, which lies in the body."""
        try:
            key = word(decoded_object(request.body), "routing_key")
        except NotJson:
            key = ""
        return key.strip() or token_of(request.headers, ROUTING_HEADER)

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Compare the routing key. Events carry no id, and their state makes repeating harmless."""
        return Verified(secret=verify_token(self.token(request), secrets))

    def read(self, request: HookRequest) -> ReadHook:
        """Read one event; what PagerDuty would refuse is refused in its words and set aside."""
        try:
            event = decoded_object(request.body)
        except NotJson as refused:
            return invalid(request.body, [refused.happened])
        if request.path == CHANGE:
            return read_change(event)
        return read_event(event, request)


HOOK = EventsV2Hook()
