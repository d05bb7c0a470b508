"""Configured actions reach named targets and nothing else, and a target cannot send them on."""

from __future__ import annotations

import pytest
from fake_agentidp import FakeAgentIdP

from performing_rigs import CLOCK
from tocsin.connectors.http_actions.caller import make
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import FailureKind

READ = Call(service="http.agentidp", operation="GET /audit/verify")


def test_each_target_has_its_own_address_and_token(agentidp: FakeAgentIdP) -> None:
    values = {
        "TOCSIN_HTTP_TARGETS": f"agentidp={agentidp.url}v1,open={agentidp.url}",
        "TOCSIN_HTTP_TOKENS": f"agentidp={agentidp.token}",
    }
    caller = make(values, CLOCK)
    assert caller.call(READ) == {"valid": False, "brokenAtEventId": "evt-12"}
    with pytest.raises(CallFailed, match="UNAUTHORIZED"):
        caller.call(Call(service="http.open", operation="GET /v1/audit/verify"))
    assert agentidp.token not in repr(caller)
    with pytest.raises(Misconfigured, match="names no target 'nobody'"):
        caller.call(Call(service="http.nobody", operation="GET /x"))


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/", "http://127.0.0.1:1/", "/elsewhere"])
def test_a_redirect_is_not_followed(agentidp: FakeAgentIdP, location: str) -> None:
    agentidp.reply = lambda got: (302, {"Location": location}, b"")
    values = {"TOCSIN_HTTP_TARGETS": f"agentidp={agentidp.url}v1", "TOCSIN_HTTP_TOKENS": ""}
    with pytest.raises(CallFailed) as raised:
        make(values, CLOCK).call(READ)
    assert raised.value.kind is FailureKind.MISCONFIGURED
    assert len(agentidp.received) == 1


def test_where_clouds_keep_their_credentials_is_refused() -> None:
    values = {"TOCSIN_HTTP_TARGETS": "agentidp=http://169.254.169.254", "TOCSIN_HTTP_TOKENS": ""}
    with pytest.raises(CallFailed, match="link-local") as raised:
        make(values, CLOCK).call(READ)
    assert raised.value.kind is FailureKind.MISCONFIGURED
