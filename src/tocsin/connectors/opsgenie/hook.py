"""Takes requests as Opsgenie's Alert API does: the GenieKey is the token, 202 says that they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.connectors.hook import HookRequest, HookSecret, ReadHook, Verified, token_of, verify_token
from tocsin.connectors.opsgenie.alerts import read_request


@dataclass(frozen=True, slots=True)
class OpsgenieHook:
    """Opsgenie's Alert API, from the receiver's side."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the address says what is asked."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return the GenieKey."""
        return token_of(request.headers)

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Compare the key. Requests carry no id, and their state makes repeating harmless."""
        return Verified(secret=verify_token(self.token(request), secrets))

    def read(self, request: HookRequest) -> ReadHook:
        """Read one request by its address. Raises `NotJson`."""
        return read_request(request)


HOOK = OpsgenieHook()
