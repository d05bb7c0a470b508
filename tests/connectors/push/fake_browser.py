"""A browser and its push service: it reads messages by RFC 8291 in an implementation of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from http_partner import HttpPartner, Received, Reply

CURVE = ec.SECP256R1()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text(raw_bytes: bytes) -> str:
    return base64.urlsafe_b64encode(raw_bytes).rstrip(b"=").decode()


def derived(salt: bytes, keying: bytes, about: bytes, length: int) -> bytes:
    """HKDF of RFC 5869 for at most one block, by hand."""
    return hmac.new(hmac.new(salt, keying, hashlib.sha256).digest(), about + b"\1", hashlib.sha256).digest()[
        :length
    ]


def decrypted(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Read one message as RFC 8291 section 3.4 and RFC 8188 section 2 say."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, record = body[21 : 21 + length], body[21 + length :]
    assert len(body) <= 4096
    assert len(record) <= size
    ours = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    keying = derived(auth, shared, b"WebPush: info\0" + ours + sender, 32)
    secret = derived(salt, keying, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derived(salt, keying, b"Content-Encoding: nonce\0", 12)
    padded = AESGCM(secret).decrypt(nonce, record, None).rstrip(b"\0")
    assert padded[-1:] == b"\2"
    return padded[:-1]


def claims_of(authorization: str) -> dict[str, Any]:
    """Check the VAPID statement with the key it names, and return what it claims."""
    parts = dict(part.strip().split("=", 1) for part in authorization.removeprefix("vapid ").split(","))
    header, claims, signature = parts["t"].split(".")
    assert json.loads(raw(header)) == {"typ": "JWT", "alg": "ES256"}
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw(parts["k"]))
    r, s = (int.from_bytes(half, "big") for half in (raw(signature)[:32], raw(signature)[32:]))
    key.verify(encode_dss_signature(r, s), f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    claimed: dict[str, Any] = json.loads(raw(claims))
    return {**claimed, "k": parts["k"]}


@dataclass
class FakeBrowser(HttpPartner):
    """One subscribed browser behind its push service, which believes one application's key only."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = b"sixteen-bytes-ok"
    believes: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    @property
    def p256dh(self) -> str:
        return text(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def answer(self, got: Received) -> Reply:
        claims = claims_of(got.headers["authorization"])
        if claims["k"] != self.believes or claims["aud"] != self.url.rstrip("/"):
            return 403, {}, b"vapid"
        if got.headers["content-encoding"] != "aes128gcm" or not got.headers["ttl"].isdecimal():
            return 400, {}, b"headers"
        if len(got.headers["topic"]) > 32 or got.headers["urgency"] not in ("normal", "high"):
            return 400, {}, b"headers"
        self.shown.append(json.loads(decrypted(got.body, self.key, self.auth)))
        return 201, {}, b""
