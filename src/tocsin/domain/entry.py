"""A log entry, its leaf, and the signed head of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One state change as the log records it. `subject` is a short name (`INC-3`, `EX-1`) or empty."""

    entry_id: UUID
    at: datetime
    actor: str
    kind: str
    subject: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One stored line of the log: `index` from 0, the bytes as written, and their RFC 6962 leaf hash."""

    index: int
    content: bytes
    leaf_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Leaves behind each other by column: an object for each takes longer than all that is hashed of it.

    `forged` is the index of the first one that was not appended by a holder of our key.
    """

    indexes: Sequence[int]
    contents: Sequence[bytes]
    hashes: Sequence[bytes]
    forged: int | None = None

    @classmethod
    def of(cls, leaves: Sequence[Leaf]) -> Stretch:
        return cls(
            indexes=tuple(leaf.index for leaf in leaves),
            contents=tuple(leaf.content for leaf in leaves),
            hashes=tuple(leaf.leaf_hash for leaf in leaves),
        )

    def part(self, start: int, stop: int | None = None) -> Stretch:
        """Return the leaves from one position in this stretch to before another."""
        return Stretch(
            indexes=self.indexes[start:stop],
            contents=self.contents[start:stop],
            hashes=self.hashes[start:stop],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed head of the log: `note` is the signed-note text, verbatim (C2SP tlog-checkpoint v1)."""

    origin: str
    size: int
    root: bytes
    note: str
    signed_at: datetime
