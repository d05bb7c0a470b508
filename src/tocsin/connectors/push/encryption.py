"""Encrypts a push message so that only the browser can read it (RFC 8291, aes128gcm of RFC 8188)."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.connectors.push.vapid import point_of

RECORD_SIZE = 4096
LONGEST_TEXT_BYTES = 3993
"""RFC 8291 section 4: one record of 4,096 bytes, without header, delimiter and tag."""
_CURVE = ec.SECP256R1()


def encrypted(
    text: bytes,
    receiver: bytes,
    secret: bytes,
    *,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body for a push service: header and one encrypted record.

    `receiver` is the browser's public point (`p256dh`), `secret` its 16 bytes (`auth`). A key and a salt are
    made for each message; give them only to repeat a known result. Raises `ValueError` for a wrong point or
    secret, or a text longer than 3,993 bytes.
    """
    if len(text) > LONGEST_TEXT_BYTES or len(secret) != 16:
        raise ValueError("the text is too long or the secret is not 16 bytes")
    browser = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, receiver)
    ours = ours or ec.generate_private_key(_CURVE)
    salt = salt or os.urandom(16)
    point = point_of(ours.public_key())
    shared = ours.exchange(ec.ECDH(), browser)
    keying = _derived(shared, salt=secret, about=b"WebPush: info\0" + receiver + point, length=32)
    key = _derived(keying, salt=salt, about=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(keying, salt=salt, about=b"Content-Encoding: nonce\0", length=12)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(point)]) + point
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def _derived(keying: bytes, *, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=about).derive(keying)
