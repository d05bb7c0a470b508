"""Sentry signs the bytes and nothing beside them."""

from __future__ import annotations

import json

from nouns import NOON
from tocsin.connectors.hook import HookRequest, HookSecret, hex_hmac
from tocsin.connectors.secret import Secret
from tocsin.connectors.sentry.hook import HOOK

SECRETS = (HookSecret(secret=Secret("s"), name="1"),)


def _verified(body: bytes, resource: str, request_id: str = "r1"):
    headers = {"sentry-hook-signature": hex_hmac(SECRETS[0], body), "request-id": request_id}
    request = HookRequest(headers=headers, body=body, source="default", now=NOON, kind=resource)
    return HOOK.verify(request, SECRETS)


def test_the_shared_vector_is_proved_and_read(shared) -> None:
    vector = json.loads((shared / "captures" / "signature_vectors.json").read_text())["sentry"]
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    request = HookRequest(
        headers=headers, body=vector["body"].encode(), source="default", now=NOON, kind=HOOK.kind(headers)
    )
    assert HOOK.verify(request, (HookSecret(secret=Secret(vector["secret"]), name="1"),)).secret == 0
    (report,) = HOOK.read(request).reports
    assert report.key == "issue/1170820242"


def test_an_event_is_known_by_its_bytes_whatever_stands_beside_them() -> None:
    assert _verified(b"{}", "event_alert", "r1") == _verified(b"{}", "event_alert", "r2")


def test_an_issue_may_be_resolved_with_the_same_bytes_again() -> None:
    assert _verified(b"{}", "issue", "r1") != _verified(b"{}", "issue", "r2")
    assert _verified(b"{}", "issue", "r1") == _verified(b"{}", "issue", "r1")


def test_the_resource_is_named_by_its_header() -> None:
    assert HOOK.kind({"sentry-hook-resource": "issue"}) == "issue"
    assert HOOK.kind({"sentry-hook-resource": "../x"}) == ""
