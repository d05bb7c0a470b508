"""A mail is proved by the key of its address and known by its Message-ID."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.mail.hook import HOOK
from tocsin.connectors.secret import Secret

SECRETS = (HookSecret(secret=Secret("k" * 16), name="1"),)


def _request(body: bytes, key: str = "k" * 16) -> HookRequest:
    return HookRequest(headers={"x-tocsin-token": key}, body=body, source="nas", now=NOON)


def test_two_copies_of_a_mail_are_one() -> None:
    first = HOOK.verify(_request(b"Message-ID: <1@x>\r\nReceived: a\r\n\r\nx"), SECRETS)
    assert first == HOOK.verify(_request(b"Message-ID: <1@x>\r\nReceived: b\r\n\r\nx"), SECRETS)
    assert first != HOOK.verify(_request(b"Message-ID: <2@x>\r\n\r\nx"), SECRETS)


def test_a_wrong_key_is_forged_whoever_it_is_from() -> None:
    with pytest.raises(Forged):
        HOOK.verify(_request(b"From: ada@example.org\r\n\r\n", key="x" * 16), SECRETS)
