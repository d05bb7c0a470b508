"""Graph is called with a token that is asked for once, and again when it ends or is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fake_graph import EVE, FakeGraph

from performing_rigs import CLOCK, graph_caller
from tocsin.connectors.entra.graph import make
from tocsin.connectors.entra.users import read_user
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import CallFailed
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import FailureKind

READ = read_user(EVE, {})


def values(graph: FakeGraph) -> dict[str, str]:
    return {
        "TOCSIN_ENTRA_TENANT": graph.tenant,
        "TOCSIN_ENTRA_CLIENT": graph.client,
        "TOCSIN_ENTRA_SECRET": graph.secret,
        "TOCSIN_ENTRA_URL": f"{graph.url}v1.0",
        "TOCSIN_ENTRA_LOGIN_URL": f"{graph.url}login",
    }


def test_one_token_serves_until_just_before_its_end(graph: FakeGraph) -> None:
    caller = make(values(graph), CLOCK)
    assert caller.call(READ)["id"] == EVE
    caller.call(READ)
    assert graph.tokens_given == 1
    CLOCK.push(timedelta(seconds=graph.lasts - 59))
    caller.call(READ)
    assert graph.tokens_given == 2


def test_a_token_that_is_refused_is_asked_for_anew(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    caller.call(READ)
    graph.token = "another-very-secret-token"
    with pytest.raises(CallFailed) as raised:
        caller.call(READ)
    assert (raised.value.kind, raised.value.code) == (
        FailureKind.MISCONFIGURED,
        "InvalidAuthenticationToken",
    )
    assert caller.call(READ)["id"] == EVE


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((400, {}, b"a-very-secret-client-secret is wrong"), FailureKind.MISCONFIGURED),
        ((503, {}, b""), FailureKind.RETRY_LATER),
        ((200, {}, b"<html>"), FailureKind.UNKNOWN),
        ((200, {}, json.dumps({"access_token": 7, "expires_in": 1}).encode()), FailureKind.UNKNOWN),
        ((200, {}, b'{"access_token": "x", "expires_in": "soon"}'), FailureKind.UNKNOWN),
    ],
)
def test_without_a_token_nothing_is_called(graph: FakeGraph, reply: object, kind: FailureKind) -> None:
    graph.reply = lambda got: reply  # type: ignore[assignment, return-value]
    with pytest.raises(CallFailed) as raised:
        graph_caller(graph, Outbound()).call(READ)
    assert raised.value.kind is kind
    assert graph.secret not in raised.value.reason
    assert len(graph.received) == 1


def test_neither_secret_nor_token_is_printed(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    caller.call(READ)
    assert graph.secret not in repr(caller)
    assert graph.token not in repr(caller)
    assert repr(Secret(graph.token)) == "***"


def test_a_missing_setting_is_named(graph: FakeGraph) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_ENTRA_CLIENT is empty"):
        make(values(graph) | {"TOCSIN_ENTRA_CLIENT": " "}, CLOCK)
