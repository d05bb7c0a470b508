"""Standard Webhooks coming in: the reference library signs, we prove."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from nouns import NOON
from tocsin.connectors.hook import Forged, HookRequest, HookSecret, NotMapped
from tocsin.connectors.secret import Secret
from tocsin.connectors.webhook.inbound import HOOK

WHSEC = "whsec_" + base64.b64encode(b"k" * 24).decode()
BODY = b'{"title": "\xc3\xa9"}'


def _request(signature: str, at=NOON, body: bytes = BODY) -> HookRequest:
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return HookRequest(headers=headers, body=body, source="shop", now=NOON)


def _secrets(*texts: str) -> tuple[HookSecret, ...]:
    return tuple(HookSecret(secret=Secret(text), name=text) for text in texts)


def test_what_the_reference_library_signs_is_proved() -> None:
    signature = Webhook(WHSEC).sign("msg_1", NOON, BODY.decode())
    verified = HOOK.verify(_request(f"v1a,xxxx v1,AAAA {signature}"), _secrets(WHSEC))
    assert verified.secret == 0
    assert verified == HOOK.verify(_request(signature), _secrets(WHSEC))


def test_the_shared_vector_is_proved_at_its_time(shared) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    vector = json.loads((shared / "captures" / "signature_vectors.json").read_text())["standard_webhooks"]
    at = datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC)
    headers = {name: vector[name] for name in ("webhook-id", "webhook-timestamp")}
    request = HookRequest(
        headers=headers | {"webhook-signature": vector["value"]},
        body=vector["body"].encode(),
        source="shop",
        now=at,
    )
    assert HOOK.verify(request, _secrets(vector["secret"])).secret == 0


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_future_time_is_refused(seconds: int) -> None:
    at = NOON + timedelta(seconds=seconds)
    signature = Webhook(WHSEC).sign("msg_1", at, BODY.decode())
    with pytest.raises(Forged, match="5 minutes"):
        HOOK.verify(_request(signature, at), _secrets(WHSEC))


def test_a_secret_that_is_none_of_these_rules_says_so() -> None:
    with pytest.raises(Forged, match="whsec_"):
        HOOK.verify(_request("v1,AAAA"), _secrets("plain text!"))


def test_without_a_mapping_a_body_is_not_understood() -> None:
    with pytest.raises(NotMapped, match=r"intake\.yml"):
        HOOK.read(_request("v1,AAAA"))
