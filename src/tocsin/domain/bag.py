"""A bag: exhibits packed together, and a hold that forbids their destruction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """Exhibits of one incident in one BagIt 1.0 archive. `BAG-number` is its short name.

    `digest` is the SHA-256 (hex) of its tag manifest, which stands in the log under `entry_id`; `archive` the
    digest of the archive in the locker, `recipients` to whom it is encrypted. `left_out` says, a sentence for
    each, which exhibits were no longer what was kept and are not in it.
    """

    number: int
    incident_id: UUID
    digest: str
    archive: str
    size: int
    exhibits: tuple[int, ...]
    recipients: tuple[str, ...]
    entry_id: UUID
    packed_at: datetime
    packed_by: str
    left_out: tuple[str, ...] = ()

    @property
    def short_name(self) -> str:
        """Return `BAG-n`."""
        return f"BAG-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """Nothing of an incident (None: of any incident) may be destroyed until the hold is released."""

    number: int
    incident_id: UUID | None
    reason: str
    held_by: str
    held_at: datetime
    released_at: datetime | None = None
    released_by: str = ""
    release_reason: str = ""
