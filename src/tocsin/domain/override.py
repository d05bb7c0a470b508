"""An override: for a while somebody else is on call than the layers of a schedule say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class OverrideKind(StrEnum):
    """What it does: put a person beside, take one away, put one in another's place, or swap two shifts."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    SWAP = "swap"


class OverrideState(StrEnum):
    """Whether it counts. A cover request waits (`asked`) until somebody takes it."""

    ASKED = "asked"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One change of a schedule between two instants, end excluded.

    `person` comes on call (None in a cover request that nobody took yet, and for `remove`); `instead_of`
    goes off (None: whoever is on, for `replace`; nobody, for `add`). Of overlapping ones the latest created
    wins. A swap is two of them with the same `swap_id`.
    """

    override_id: UUID
    schedule: str
    kind: OverrideKind
    state: OverrideState
    starts_at: datetime
    ends_at: datetime
    person: str | None
    instead_of: str | None
    asked_by: str
    created_at: datetime
    reason: str = ""
    swap_id: UUID | None = None
