"""GitHub's signature covers the bytes as sent, be they JSON or a form."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.github.hook import HOOK
from tocsin.connectors.hook import Forged, HookRequest, HookSecret, hex_hmac
from tocsin.connectors.refusal import BodyRefused
from tocsin.connectors.secret import Secret

SECRETS = (HookSecret(secret=Secret("s"), name="1"),)
ALERT = {"action": "created", "alert": {"number": 1}, "repository": {"full_name": "a/b"}}


def _request(body: bytes, kind: str = "secret_scanning_alert", **headers: str) -> HookRequest:
    signed = {"x-hub-signature-256": f"sha256={hex_hmac(SECRETS[0], body)}", **headers}
    return HookRequest(headers=signed, body=body, source="default", now=NOON, kind=kind)


def test_the_published_vector_is_proved(shared) -> None:
    vector = json.loads((shared / "captures" / "signature_vectors.json").read_text())["github"]
    headers = {vector["header"].lower(): vector["value"]}
    request = HookRequest(headers=headers, body=vector["body"].encode(), source="default", now=NOON)
    assert HOOK.verify(request, (HookSecret(secret=Secret(vector["secret"]), name="1"),)).secret == 0


def test_a_form_is_proved_by_its_own_bytes_and_read() -> None:
    body = urlencode({"payload": orjson.dumps(ALERT).decode()}).encode()
    request = _request(body)
    HOOK.verify(request, SECRETS)
    assert len(HOOK.read(request).reports) == 1
    with pytest.raises(Forged):
        HOOK.verify(_request(body, **{"x-hub-signature-256": "sha1=" + hex_hmac(SECRETS[0], body)}), SECRETS)


@pytest.mark.parametrize("kind", ["", "no such event"])
def test_an_event_without_a_name_is_refused(kind: str) -> None:
    assert HOOK.kind({"x-github-event": "a b"}) == HOOK.kind({}) == ""
    with pytest.raises(BodyRefused):
        HOOK.read(_request(orjson.dumps(ALERT), kind=""))


def test_the_event_is_named_by_its_header() -> None:
    assert HOOK.kind({"x-github-event": "push"}) == "push"
    assert HOOK.token(_request(b"{}")) == ""


def test_a_broken_form_is_refused() -> None:
    with pytest.raises(BodyRefused):
        HOOK.read(_request(b"payload=%7B"))
