"""What is stored beside each line of the log: its hash, and the proof that Tocsin wrote it."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID


def leaf_hash(content: bytes) -> bytes:
    """Return RFC 6962's hash of a leaf (section 2.1): SHA-256 over a zero byte and the content."""
    return hashlib.sha256(b"\0" + content).digest()


def entry_mac(key: bytes, entry_id: UUID, content: bytes) -> bytes:
    """Return HMAC-SHA-256 over the 16 bytes of the entry's id and its content.

    The key lies outside the database, so a line that was written around Tocsin has none that fits.
    """
    return hmac.digest(key, entry_id.bytes + content, "sha256")


def is_ours(key: bytes, entry_id: UUID, content: bytes, mac: bytes) -> bool:
    """Say whether a line was written by somebody who holds the key."""
    return hmac.compare_digest(entry_mac(key, entry_id, content), mac)
