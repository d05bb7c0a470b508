"""The hash that is stored beside each line of the log."""

from __future__ import annotations

import hashlib


def leaf_hash(content: bytes) -> bytes:
    """Return RFC 6962's hash of a leaf (section 2.1): SHA-256 over a zero byte and the content."""
    return hashlib.sha256(b"\0" + content).digest()
