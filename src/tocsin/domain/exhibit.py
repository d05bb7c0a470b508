"""An exhibit: one piece of evidence, its digest, its label and who has held it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What R2 asks to stand on each exhibit: incident date, description, who exported it."""

    incident_date: date
    description: str
    exported_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One piece of evidence, addressed by the SHA-256 (hex) of its bytes. `EX-number` is its short name.

    `collector` is None for an exhibit kept by hand. `covers` names what it is evidence of (`alert.context`),
    `of` the one object it was read from (a task, a role; empty: none in particular). `gap` says why a
    collector could not finish: such an exhibit counts only with a second consent. `entry_id` is the
    log entry that holds its digest; an exhibit is sealed once that entry is under a checkpoint. The bytes of
    an `encrypted` one are an age file, and so is its digest.
    """

    number: int
    incident_id: UUID
    digest: str
    size: int
    media_type: str
    name: str
    label: Label
    kept_at: datetime
    collector: str | None = None
    covers: str = ""
    of: str = ""
    gap: str = ""
    entry_id: UUID | None = None
    encrypted: bool = False

    @property
    def short_name(self) -> str:
        """Return `EX-n`."""
        return f"EX-{self.number}"


class CustodyAct(StrEnum):
    """What was done with an exhibit."""

    COLLECTED = "collected"
    READ = "read"
    VERIFIED = "verified"
    SEALED = "sealed"
    COPIED = "copied"
    EXPORTED = "exported"
    RELEASED = "released"
    DESTROYED = "destroyed"
    UNSEALED_AT_CONTAINMENT = "unsealed-at-containment"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEvent:
    """One line of an exhibit's custody: who did what, when, why."""

    exhibit: int
    at: datetime
    act: CustodyAct
    actor: str
    reason: str = ""
