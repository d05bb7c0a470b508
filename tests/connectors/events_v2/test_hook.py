"""The routing key in the body is the token of an Events v2 request."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.events_v2.hook import HOOK
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.secret import Secret

SECRETS = (HookSecret(secret=Secret("R" * 32), name="1"),)


def _request(body: bytes, path: str = "event") -> HookRequest:
    return HookRequest(headers={}, body=body, source="default", now=NOON, path=path)


def test_the_routing_key_lies_in_the_body() -> None:
    request = _request(b'{"routing_key": "%s"}' % (b"R" * 32))
    assert HOOK.verify(request, SECRETS).replay_key == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"routing_key": 7}', b'{"routing_key": "X"}'])
def test_a_body_without_the_right_key_is_forged(body: bytes) -> None:
    with pytest.raises(Forged):
        HOOK.verify(_request(body), SECRETS)


def test_a_body_that_is_no_json_is_refused_as_pagerduty_does() -> None:
    assert HOOK.read(_request(b"[")).answer.status == 400


def test_changes_are_told_by_their_address() -> None:
    assert len(HOOK.read(_request(b'{"payload": {}}', "change")).signals) == 1
