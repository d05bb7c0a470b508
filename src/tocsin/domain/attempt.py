"""One attempt to send a message, and what the partner answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of the delivery with this key.

    `outcome` is `delivered` or a `FailureKind`'s value; `status` the partner's HTTP (or SMTP) status, None
    where none came; `answer` its bounded words; `digest` the SHA-256 (hex) of what was sent, or empty.
    """

    key: str
    number: int
    at: datetime
    took_ms: int
    outcome: str
    status: int | None
    answer: str
    digest: str = ""
