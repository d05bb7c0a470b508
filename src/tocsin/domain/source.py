"""A source of signals: how far it was judged, and when it was last heard of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProgress:
    """How far the signals of one source were judged.

    `position` is the lake offset up to which they were; `newest` is the newest event time among them, and
    `heard_at` when the last of them were judged, both None at first.
    """

    source: str
    position: int = 0
    newest: datetime | None = None
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredShard:
    """One shard of the window state as stored; `version` grows by one with each change."""

    version: int
    state: bytes
