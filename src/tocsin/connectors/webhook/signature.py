"""Standard Webhooks signatures: HMAC-SHA256 over id, timestamp and body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from tocsin.connectors.secret import Secret
from tocsin.domain.errors import Misconfigured

# The rules are from https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
PREFIX = "whsec_"
SHORTEST_KEY_BYTES = 24
LONGEST_KEY_BYTES = 64


def key_of(secret: Secret) -> bytes:
    """Return the key's bytes. Raises `Misconfigured`, which does not repeat the secret."""
    text = secret.reveal().strip()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not SHORTEST_KEY_BYTES <= len(key) <= LONGEST_KEY_BYTES:
        raise Misconfigured(
            "A webhook secret is not whsec_ and the base64 of 24 to 64 bytes.",
            means="The webhook channel is not set up; nothing goes out by it.",
            next_step="Make one with `openssl rand -base64 32`, put whsec_ before it, give it to both sides.",
        )
    return key


def signature(message_id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> str:
    """Return the `webhook-signature` header: one `v1,` value a key, for receivers that hold any one."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in digests)
