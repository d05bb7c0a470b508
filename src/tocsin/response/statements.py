"""Reads what was signed about a build: in-toto statements in DSSE envelopes, opened with a key of ours.

Formats: https://github.com/secure-systems-lab/dsse (v1.0) and https://github.com/in-toto/attestation
(Statement v1, and v0.1, which older builders still write).
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tocsin.domain.errors import Explained, Misconfigured

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BYTES = 4 * 1024 * 1024
"""A statement is some kilobytes; a longer one is a mistake or an attack."""

_STATEMENTS = frozenset({"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"})
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class StatementRefused(Explained):
    """A statement about a build is malformed, or nobody we trust signed it."""

    code = "statement_refused"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"A statement about a build is not believed: {why}.",
            means="It proves nothing; without another proof the build is no target of a rollback.",
            next_step="Look at who made it and how it came here; have the release workflow sign the build.",
        )
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `subjects` are SHA-256 digests (hex) of what it is about, `signer` who vouches for it.

    An unsigned one has no signer.
    """

    kind: str
    subjects: frozenset[str]
    predicate: Mapping[str, Any]
    signer: str = ""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key whose signatures count: Ed25519 or ECDSA on P-256."""

    public: Ed25519PublicKey | EllipticCurvePublicKey

    @property
    def name(self) -> str:
        """Return `key:` and the first 16 hex digits of the SHA-256 of its SubjectPublicKeyInfo."""
        der = self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"key:{sha256(der).hexdigest()[:16]}"

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Say whether the signature over the message is this key's."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, message)
            else:
                self.public.verify(signature, message, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


class _Signature(msgspec.Struct, frozen=True):
    sig: str
    keyid: str = ""


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


class _Subject(msgspec.Struct, frozen=True):
    digest: dict[str, str]
    name: str = ""


class _Statement(msgspec.Struct, frozen=True, rename="camel"):
    kind: str = msgspec.field(name="_type")
    subject: tuple[_Subject, ...]
    predicate_type: str
    predicate: dict[str, Any] = field(default_factory=dict)


def trusted_key(pem: bytes) -> TrustedKey:
    """Read a public key in PEM. Raises `Misconfigured` for any other."""
    try:
        public = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        public = None
    if isinstance(public, EllipticCurvePublicKey) and public.curve.name != "secp256r1":
        public = None
    if not isinstance(public, Ed25519PublicKey | EllipticCurvePublicKey):
        raise Misconfigured(
            "A key that is to vouch for builds is no Ed25519 or P-256 public key in PEM.",
            means="No build can be proven with it, so nothing is rolled back to one.",
            next_step="Write the public half: `openssl pkey -in release.key -pubout`.",
        )
    return TrustedKey(public)


def opened(envelope: bytes, keys: Sequence[TrustedKey]) -> Statement:
    """Return the statement in a DSSE envelope that one of the keys signed. Raises `StatementRefused`.

    What the envelope says about keys is not believed: each key is tried.
    """
    found = _decoded(envelope, _Envelope)
    payload = _bytes_of(found.payload)
    if found.payload_type != PAYLOAD_TYPE:
        raise StatementRefused(f"its payload is {found.payload_type[:80]!r}, not an in-toto statement")
    message = encoded(found.payload_type, payload)
    signatures = [_bytes_of(each.sig) for each in found.signatures]
    for key in keys:
        if any(key.holds(message, signature) for signature in signatures):
            return statement_of(payload, key.name)
    raise StatementRefused("no key that is trusted for this service signed it")


def statement_of(payload: bytes, signer: str) -> Statement:
    """Read a statement that `signer` vouches for. Raises `StatementRefused`."""
    found = _decoded(payload, _Statement)
    if found.kind not in _STATEMENTS:
        raise StatementRefused(f"it is of the unknown type {found.kind[:80]!r}")
    digests = frozenset(each.digest.get("sha256", "") for each in found.subject)
    if not digests or not all(_SHA256.fullmatch(digest) for digest in digests):
        raise StatementRefused("it does not name its subjects by SHA-256")
    return Statement(kind=found.predicate_type, subjects=digests, predicate=found.predicate, signer=signer)


def encoded(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _decoded(content: bytes, kind: type[Any]) -> Any:
    if len(content) > MAX_BYTES:
        raise StatementRefused(f"it is longer than {MAX_BYTES} bytes")
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StatementRefused(f"it cannot be read ({str(error)[:120]})") from error


def _bytes_of(encoded_text: str) -> bytes:
    try:
        return b64decode(encoded_text, validate=True)
    except (Base64Error, ValueError) as error:
        raise StatementRefused("a part of it is not base64") from error
