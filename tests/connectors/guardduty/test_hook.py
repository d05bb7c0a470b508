"""What EventBridge sends to an API destination is proved by a header and known by its own id."""

from __future__ import annotations

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.guardduty.hook import HOOK
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.secret import Secret

SECRETS = (HookSecret(secret=Secret("s"), name="1"),)


def _request(event: object, **headers: str) -> HookRequest:
    return HookRequest(headers=headers, body=orjson.dumps(event), source="default", now=NOON)


@pytest.mark.parametrize("name", ["x-tocsin-token", "x-api-key"])
def test_the_connections_header_proves_it(name: str) -> None:
    assert HOOK.verify(_request({"id": "c8"}, **{name: "s"}), SECRETS).replay_key
    with pytest.raises(Forged):
        HOOK.verify(_request({"id": "c8"}, **{name: "t"}), SECRETS)


def test_what_names_no_delivery_can_be_repeated() -> None:
    for event in ({}, []):
        assert HOOK.verify(_request(event, **{"x-tocsin-token": "s"}), SECRETS).replay_key == ""
