"""Seals with a key of the home's keys folder, which the database and the locker never see."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tocsin.domain.errors import NotFound

_NONCE_BYTES = 12
_FORM = b"tocsin-vault-1"


class KeyVault:
    """A `Vault` over AES-256-GCM; `key` has at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derived(key, b"seal"))
        self._print_key = _derived(key, b"fingerprint")

    def seal(self, plain: bytes) -> bytes:
        """Return the bytes encrypted under a nonce of their own."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, plain, _FORM)

    def unseal(self, sealed: bytes) -> bytes:
        """Return the bytes as they were. Raises `NotFound`."""
        body = sealed.removeprefix(_FORM)
        try:
            return self._cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _FORM)
        except (InvalidTag, ValueError) as error:
            raise NotFound(
                "What was sealed for an action cannot be opened with the key in the home folder.",
                means="It was sealed with another key, or was changed; the action cannot go on.",
                next_step="Restore keys/actions.key from a backup; without it, undo the action by hand.",
            ) from error

    def fingerprint(self, plain: bytes) -> str:
        """Return the HMAC-SHA-256 (hex) of the bytes."""
        return hmac.new(self._print_key, plain, hashlib.sha256).hexdigest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, _FORM + b":" + purpose, hashlib.sha256).digest()
