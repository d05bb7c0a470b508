"""An address may be a secret: people see of it only what is none."""

from __future__ import annotations

import pytest

from tocsin.domain.page import address_digest, shown_address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://hooks.example/T0/B0/secret?x=1", "https://hooks.example/…"),
        ("https://ben:hunter2@hooks.example:8443/x", "https://hooks.example/…"),
        ("http:///x", "http:///…"),
        ("http://[secret/x", "…"),
        ("ben@example.org", "ben@example.org"),
        ("+491701234567", "+491701234567"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address: str, shown: str) -> None:
    assert shown_address(address) == shown


def test_an_address_has_one_digest_on_each_channel() -> None:
    assert address_digest("webhook", "a") == address_digest("webhook", "a")
    assert address_digest("webhook", "a") != address_digest("slack", "a")
