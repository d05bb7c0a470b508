"""Makes the calls of configured HTTP actions: to named targets alone, with each one's own token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.connectors.named import named_secrets
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import RestCaller
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Call, Caller
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured

LONGEST_ANSWER_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class TargetsCaller:
    """Calls the target that a call's service names: `http.agentidp` is `agentidp`.

    Where a call goes is decided by the settings alone. What is answered with a redirect has failed, so a
    target cannot lead on to another place.
    """

    targets: Mapping[str, Secret]
    tokens: Mapping[str, Secret] = field(repr=False)
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    def call(self, call: Call) -> Any:
        """Make one request. Raises `CallFailed`, and `Misconfigured` for a target that is not set up."""
        name = call.service.partition(".")[2]
        if name not in self.targets:
            raise Misconfigured(
                f"TOCSIN_HTTP_TARGETS names no target {name[:60]!r}.",
                means="The action was not begun, and nothing was changed.",
                next_step=f"Add {name[:60]}=https://... to TOCSIN_HTTP_TARGETS.",
            )
        token = self.tokens.get(name, Secret(""))
        headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        caller = RestCaller(
            partner=name,
            base_url=self.targets[name].reveal(),
            credentials=lambda: headers,
            secrets=(token,),
            outbound=self.outbound,
        )
        return caller.call(call)


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of the targets that are set up. Raises `Misconfigured`."""
    return TargetsCaller(
        named_secrets(values["TOCSIN_HTTP_TARGETS"], "TOCSIN_HTTP_TARGETS"),
        named_secrets(values["TOCSIN_HTTP_TOKENS"], "TOCSIN_HTTP_TOKENS"),
    )
