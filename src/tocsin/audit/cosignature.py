"""Timed signatures of a checkpoint: a witness's word that it saw the log grow, and the log's second key.

Format: https://c2sp.org/tlog-cosignature (v1.0.1), types 0x04 (Ed25519) and 0x06 (ML-DSA-44, for checkpoints
only, so that `start` is always 0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from tocsin.audit.checkpoint import CheckpointRefused, parse_body
from tocsin.audit.note import (
    PUBLIC_KEY_BYTES,
    KeyRefused,
    NoteSignature,
    TypedKey,
    format_note,
    key_id,
    parse_note,
    read_vkey,
)

ED25519_COSIGNATURE = 0x04
ML_DSA_44 = 0x06
ML_DSA_44_KEY_BYTES = 1312

_TIME_BYTES = 8
_LATEST_S = 2**63 - 1
_LABEL = b"subtree/v1\n\0"
_KEY_BYTES = {ED25519_COSIGNATURE: PUBLIC_KEY_BYTES, ML_DSA_44: ML_DSA_44_KEY_BYTES}


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """The public half of a key that signs with a time: a witness's, or the second one of a log."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Return the 4 bytes that select this key's signature lines."""
        return key_id(self.name, self.algorithm, self.public_key)

    @property
    def text(self) -> str:
        """Return the vkey: `name+hex key id+base64(type || public key)`."""
        return TypedKey(self.name, self.algorithm, self.public_key).text

    def holds(self, text: str, signature: bytes) -> bool:
        """Say whether the bytes are this key's cosignature of a checkpoint's text, at a time above 0."""
        time_s = cosigned_at_s(signature)
        try:
            signed = cosigned_message(self.name, self.algorithm, text, time_s)
            self._verify(signature[_TIME_BYTES:], signed)
        except (InvalidSignature, CheckpointRefused, ValueError):
            return False
        return True

    def _verify(self, signature: bytes, signed: bytes) -> None:
        if self.algorithm == ED25519_COSIGNATURE:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, signed)
        else:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(signature, signed)


def cosigner_key(vkey: str) -> CosignerKey:
    """Read the vkey of a key that signs with a time. Raises `KeyRefused` as `read_vkey`, or for its type."""
    key = read_vkey(vkey)
    if _KEY_BYTES.get(key.algorithm) != len(key.public_key):
        raise KeyRefused(
            "The verifier key is neither an Ed25519 cosigner's (type 4, 32 bytes) "
            "nor an ML-DSA-44 key (type 6, 1312 bytes)."
        )
    return CosignerKey(key.name, key.algorithm, key.public_key)


def cosigned_at_s(signature: bytes) -> int:
    """Return the POSIX time in a cosignature (what follows the key id), unverified."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def cosigned_message(name: str, algorithm: int, text: str, time_s: int) -> bytes:
    """Return the bytes that a cosigner signs for a checkpoint's text.

    Raises ValueError for a time outside 1 to 2^63-1 s and for names that ML-DSA's form has no room for (255
    bytes), `CheckpointRefused` when the text is no checkpoint.
    """
    if not 0 < time_s <= _LATEST_S:
        raise ValueError("A checkpoint's cosignature bears a time from 1 to 2^63-1 seconds.")
    head = parse_body(text)
    if algorithm == ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {time_s}\n{text}".encode()
    return b"".join(
        (
            _LABEL,
            _short(name),
            time_s.to_bytes(8, "big"),
            _short(head.origin),
            bytes(8),
            head.size.to_bytes(8, "big"),
            head.root,
        )
    )


def cosign(text: str, key: CosignerKey, sign: Callable[[bytes], bytes], time_s: int) -> NoteSignature:
    """Return a cosigner's line for a checkpoint's text. Raises as `cosigned_message` does."""
    message = cosigned_message(key.name, key.algorithm, text, time_s)
    return NoteSignature(key.name, key.key_id, time_s.to_bytes(_TIME_BYTES, "big") + sign(message))


def with_cosignatures(note: str, lines: Sequence[NoteSignature]) -> str:
    """Return the note with these lines behind its own; a line of the same key takes the earlier one's place.

    Raises `NoteRefused` for a malformed note.
    """
    parsed = parse_note(note)
    newer = {(line.name, line.key_id): line for line in lines}
    kept = [line for line in parsed.signatures if (line.name, line.key_id) not in newer]
    return format_note(parsed.text, (*kept, *newer.values()))


def _short(text: str) -> bytes:
    """Return a text behind its length in one byte. Raises ValueError when it is longer than that can say."""
    written = text.encode()
    if len(written) > 255:
        raise ValueError("A name in an ML-DSA-44 cosignature has at most 255 bytes.")
    return bytes((len(written),)) + written
