"""Signatures are those of Standard Webhooks, by its published vector and its own library."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from tocsin.connectors.secret import Secret
from tocsin.connectors.webhook.signature import key_of, signature
from tocsin.domain.errors import Misconfigured


def whsec(size: int) -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(size)).decode()


def test_the_published_vector_is_reproduced(shared: Path) -> None:
    vector = json.loads((shared / "captures/signature_vectors.json").read_bytes())["standard_webhooks"]
    keys = [key_of(Secret(vector["secret"]))]
    made = signature(vector["webhook-id"], int(vector["webhook-timestamp"]), vector["body"].encode(), keys)
    assert made == vector["value"]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.text())
def test_the_standards_own_library_makes_the_same_signature(key: str, body: str) -> None:
    secret = whsec(32)
    at = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)
    theirs = Webhook(secret).sign(key, at, body)
    assert signature(key, int(at.timestamp()), body.encode(), [key_of(Secret(secret))]) == theirs


def test_while_rotating_there_is_a_signature_for_each_secret() -> None:
    keys = [key_of(Secret(whsec(24))), key_of(Secret(whsec(64)))]
    both = signature("k", 1, b"{}", keys)
    assert both == " ".join(signature("k", 1, b"{}", [key]) for key in keys)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "plain-secret-text", "whsec_!!!!", whsec(23), whsec(65), whsec(32)[6:], "whsec_ключ"],
    ids=["nothing", "no key", "no prefix", "no base64", "too short", "too long", "key alone", "not ASCII"],
)
def test_what_is_no_secret_is_misconfigured_and_not_repeated(secret: str) -> None:
    with pytest.raises(Misconfigured) as wrong:
        key_of(Secret(secret))
    assert len(secret) < 10 or secret not in wrong.value.explain()
