"""What arrives from outside, as it was received, and what of it could not be understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One body as received, before anything was made of it. `key` is the source's idempotency key."""

    arrival_id: UUID
    connector: str
    source: str
    key: str
    received_at: datetime
    body: bytes
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Something that could not be parsed, with its bytes and the reason; it can be replayed.

    `connector` is the intake it came by and is replayed through. `number` is 0 until stored (then `Q-n`).
    """

    connector: str
    source: str
    reason: str
    body: bytes
    received_at: datetime
    number: int = 0
    replayed_at: datetime | None = None

    @property
    def short_name(self) -> str:
        """Return `Q-n`."""
        return f"Q-{self.number}"
