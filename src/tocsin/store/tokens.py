"""What an API token looks like, and what is kept of it."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "tocs_"
_BYTES = 32


def new_token() -> tuple[str, str]:
    """Return a fresh token, to be shown once, and its digest, to be kept."""
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    return text, token_digest(text)


def token_digest(text: str) -> str:
    """Return the SHA-256 (hex) of a token's text; with 256 random bits a slow hash would add nothing."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
