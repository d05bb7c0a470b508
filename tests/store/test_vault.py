"""What is sealed can be read with our key alone, and is known by a keyed fingerprint."""

from __future__ import annotations

import pytest

from tocsin.domain.errors import NotFound
from tocsin.store.vault import KeyVault

VAULT = KeyVault(b"k" * 32)


def _with_another_end(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def test_what_was_sealed_is_opened_again_and_never_looks_alike() -> None:
    sealed = VAULT.seal(b"a secret")
    assert b"a secret" not in sealed
    assert VAULT.unseal(sealed) == b"a secret"
    assert VAULT.seal(b"a secret") != sealed
    assert VAULT.unseal(VAULT.seal(b"")) == b""


@pytest.mark.parametrize(
    "sealed",
    [b"", b"short", _with_another_end(VAULT.seal(b"a")), KeyVault(b"o" * 32).seal(b"a")],
    ids=["nothing", "too short", "a byte changed", "another key"],
)
def test_what_was_changed_or_is_not_ours_is_not_opened(sealed: bytes) -> None:
    with pytest.raises(NotFound, match="cannot be opened"):
        VAULT.unseal(sealed)


def test_a_fingerprint_knows_equal_bytes_and_needs_the_key() -> None:
    assert VAULT.fingerprint(b"a") == VAULT.fingerprint(b"a") != VAULT.fingerprint(b"b")
    assert VAULT.fingerprint(b"a") != KeyVault(b"o" * 32).fingerprint(b"a")
