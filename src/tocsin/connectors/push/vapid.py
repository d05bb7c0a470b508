"""Says to a push service who we are: a short-lived signed statement (RFC 8292)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.domain.clock import Clock

LIVES = timedelta(hours=12)
"""RFC 8292 section 2 allows a day; a clock that is some hours wrong must not matter."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_HEADER = b'{"typ":"JWT","alg":"ES256"}'
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class Vapid:
    """Our identity. `contact` is a mailto: or https: URI."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str
    clock: Clock

    @property
    def public_key(self) -> str:
        """Return the public key as browsers want it: the point, base64url."""
        return text64(point_of(self.key.public_key()))

    def authorization(self, endpoint: str) -> str:
        """Return the `Authorization` header for a push service, valid there alone."""
        parts = urlsplit(endpoint)
        until = int((self.clock.now() + LIVES).timestamp())
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": until, "sub": self.contact}
        signed = f"{text64(_HEADER)}.{text64(orjson.dumps(claims))}"
        r, s = decode_dss_signature(self.key.sign(signed.encode("ascii"), ec.ECDSA(hashes.SHA256())))
        return (
            f"vapid t={signed}.{text64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}, k={self.public_key}"
        )


def key_of(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key of 32 random bytes."""
    return ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the public key as its uncompressed point, 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def text64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def bytes64(text: str) -> bytes:
    """Read base64url with or without padding. Raises `ValueError`."""
    bare = text.rstrip("=")
    if not _BASE64URL.fullmatch(bare):
        raise ValueError("this is not base64url")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
