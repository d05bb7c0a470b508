"""Whose certificates we believe when we call a partner."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def system_trust() -> ssl.SSLContext:
    """Return the system's trust (SSL_CERT_FILE is honoured); reading it takes some 20 ms, therefore once."""
    return ssl.create_default_context()
