"""One request a call: values stay in their place of the path, and every answer is sorted."""

from __future__ import annotations

import socket

import pytest

from http_partner import HttpPartner
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import RestCaller, kind_for
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.ports.delivery import FailureKind

LATER, UNKNOWN = FailureKind.RETRY_LATER, FailureKind.UNKNOWN


def caller(partner: HttpPartner, outbound: Outbound | None = None) -> RestCaller:
    return RestCaller(
        partner="The lab",
        base_url=f"{partner.url}v1/",
        credentials=lambda: {"Authorization": "Bearer a-very-secret-token"},
        secrets=(Secret("a-very-secret-token"),),
        outbound=outbound or Outbound(longest_answer=64),
    )


def test_a_call_is_one_request(partner: HttpPartner) -> None:
    partner.reply = lambda got: (200, {}, b'{"ok": true}')
    parameters = {
        "name": "a/b ?",
        "query": {"q": ["1", "2"]},
        "body": {"on": False},
        "headers": {"X-Key": "k"},
    }
    call = Call(service="lab", operation="PATCH /things/{name}", parameters=parameters, changes=True)
    assert caller(partner).call(call) == {"ok": True}
    [got] = partner.received
    assert (got.method, got.path, got.body) == ("PATCH", "/v1/things/a%2Fb%20%3F?q=1&q=2", b'{"on":false}')
    assert got.headers["authorization"] == "Bearer a-very-secret-token"
    assert (got.headers["x-key"], got.headers["content-type"]) == ("k", "application/json")


@pytest.mark.parametrize("value", ["", ".", "..", "x" * 513])
def test_a_value_never_leaves_its_place_in_the_path(partner: HttpPartner, value: str) -> None:
    call = Call(service="lab", operation="GET /things/{name}/x", parameters={"name": value})
    with pytest.raises(CallFailed, match="cannot stand in a path") as raised:
        caller(partner).call(call)
    assert raised.value.kind is FailureKind.REFUSED
    assert partner.received == []


def test_an_operation_is_a_method_and_a_path(partner: HttpPartner) -> None:
    with pytest.raises(CallFailed, match="no method and path"):
        caller(partner).call(Call(service="lab", operation="GET http://evil.example/"))


def test_only_the_named_statuses_are_success(partner: HttpPartner) -> None:
    partner.reply = lambda got: (202, {}, b"")
    call = Call(service="lab", operation="GET /x")
    assert caller(partner).call(call) == {}
    with pytest.raises(CallFailed, match="answered 202"):
        caller(partner).call(Call(service="lab", operation="GET /x", parameters={"success": [200]}))


@pytest.mark.parametrize("body", [b"<html>", b"7", b'{"long": "' + b"x" * 90 + b'"}'])
def test_an_answer_that_is_no_whole_json_is_unknown(partner: HttpPartner, body: bytes) -> None:
    partner.reply = lambda got: (200, {}, body)
    with pytest.raises(CallFailed) as raised:
        caller(partner).call(Call(service="lab", operation="GET /x"))
    assert raised.value.kind is UNKNOWN


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "Gone", "message": "m"}}', "Gone"),
        (b'{"error": {"code": 2001}}', "2001"),
        (b'{"message": "Bad credentials"}', "Bad credentials"),
        (b'{"error": "hunter2"}', "***"),
        (b'{"error": null}', ""),
        (b"[]", ""),
        (b"no", ""),
    ],
)
def test_the_partners_own_word_is_kept_and_secrets_are_not(
    partner: HttpPartner, body: bytes, code: str
) -> None:
    partner.reply = lambda got: (403, {}, body)
    call = Call(
        service="lab", operation="POST /x", parameters={"password": "hunter2"}, secret=("password", "other")
    )
    with pytest.raises(CallFailed) as raised:
        caller(partner).call(call)
    assert (raised.value.code, raised.value.status) == (code, 403)
    assert "hunter2" not in raised.value.reason


@pytest.mark.parametrize(
    ("status", "changing", "reading"),
    [
        (404, FailureKind.REFUSED, FailureKind.REFUSED),
        (410, FailureKind.REFUSED, FailureKind.REFUSED),
        (401, FailureKind.MISCONFIGURED, FailureKind.MISCONFIGURED),
        (500, UNKNOWN, LATER),
        (504, UNKNOWN, LATER),
        (503, LATER, LATER),
        (302, FailureKind.MISCONFIGURED, FailureKind.MISCONFIGURED),
    ],
)
def test_whether_a_change_took_effect_is_left_open(
    status: int, changing: FailureKind, reading: FailureKind
) -> None:
    assert kind_for(status, changes=True) is changing
    assert kind_for(status, changes=False) is reading


@pytest.mark.parametrize(("changes", "kind"), [(True, UNKNOWN), (False, LATER)])
def test_a_change_without_an_answer_may_have_taken_effect(changes: bool, kind: FailureKind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        partner = HttpPartner(url=f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        with pytest.raises(CallFailed) as raised:
            caller(partner, Outbound(time_limit_s=0.05)).call(
                Call(service="lab", operation="POST /x", changes=changes)
            )
    assert (raised.value.kind, raised.value.status) == (kind, None)
