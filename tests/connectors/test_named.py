"""Secrets are found by name, so that an address can be shown to everybody."""

from __future__ import annotations

import pytest

from tocsin.connectors.named import named_secrets
from tocsin.domain.errors import Misconfigured

SETTING = "TOCSIN_LAB_KEYS"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", {}),
        (" , ", {}),
        ("K1", {"default": "K1"}),
        ("ops=K1, night=K2", {"ops": "K1", "night": "K2"}),
        ("ops=K=1==", {"ops": "K=1=="}),
        ("https://hooks.example/x?sig=1", {"default": "https://hooks.example/x?sig=1"}),
        ("ops=https://hooks.example/x?sig=1", {"ops": "https://hooks.example/x?sig=1"}),
    ],
)
def test_each_secret_has_its_name(text: str, known: dict[str, str]) -> None:
    assert {name: secret.reveal() for name, secret in named_secrets(text, SETTING).items()} == known


@pytest.mark.parametrize("text", ["K1,K2", "ops=K1,ops=K2", "ops="])
def test_what_is_not_clear_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(Misconfigured, match=SETTING) as refused:
        named_secrets(text, SETTING)
    assert "K1" not in refused.value.explain()
