"""Everything a memory store holds, copied whole for each transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from tocsin.domain.action import Action, StandingApproval
from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.domain.attempt import Attempt
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.exhibit import CustodyEvent, Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.notification import NotificationGroup, Notified
from tocsin.domain.override import Override
from tocsin.domain.page import Delivery, Page
from tocsin.domain.person import Role
from tocsin.domain.run import Run
from tocsin.domain.silence import Silence
from tocsin.domain.source import SourceProgress, StoredShard
from tocsin.domain.timeline import TimelineEntry
from tocsin.store.leaf import Stamp

Key = TypeVar("Key")
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class MemoryToken:
    """One API token as the memory store keeps it."""

    digest: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Say whether the token still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def row(self, number: int) -> dict[str, str]:
        """Return the token as people list it, without its digest."""
        return {
            "number": str(number),
            "name": self.name,
            "role": self.role.value,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat() if self.expires_at else "",
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else "",
        }


@dataclass
class Tables:
    """What is kept, by key. The nouns are frozen, so a copy of the dictionaries is a copy of the state."""

    arrivals: dict[UUID, Arrival] = field(default_factory=dict)
    arrival_keys: dict[tuple[str, str, str], UUID] = field(default_factory=dict)
    quarantined: dict[int, Quarantined] = field(default_factory=dict)
    alerts: dict[int, Alert] = field(default_factory=dict)
    latest_alerts: dict[str, int] = field(default_factory=dict)
    incidents: dict[UUID, Incident] = field(default_factory=dict)
    timeline: dict[int, TimelineEntry] = field(default_factory=dict)
    pages: dict[UUID, Page] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    stories: dict[int, AlertLine] = field(default_factory=dict)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    silences: dict[UUID, Silence] = field(default_factory=dict)
    overrides: dict[UUID, Override] = field(default_factory=dict)
    groups: dict[str, NotificationGroup] = field(default_factory=dict)
    group_members: dict[tuple[str, str], int] = field(default_factory=dict)
    notified: dict[tuple[str, str, str], Notified] = field(default_factory=dict)
    inbox: dict[str, dict[str, str]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    waiting: dict[UUID, bytes] = field(default_factory=dict)
    macs: dict[UUID, bytes] = field(default_factory=dict)
    stamps: dict[UUID, Stamp] = field(default_factory=dict)
    entry_ids: dict[int, UUID] = field(default_factory=dict)
    leaves: dict[int, Leaf] = field(default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    checkpoint_logs: dict[int, int] = field(default_factory=dict)
    exhibits: dict[int, Exhibit] = field(default_factory=dict)
    custody: dict[int, CustodyEvent] = field(default_factory=dict)
    actions: dict[int, Action] = field(default_factory=dict)
    standing: dict[int, StandingApproval] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    bags: dict[int, Bag] = field(default_factory=dict)
    holds: dict[int, LegalHold] = field(default_factory=dict)
    progress: dict[str, SourceProgress] = field(default_factory=dict)
    detector_shards: dict[int, StoredShard] = field(default_factory=dict)
    marks: dict[tuple[str, str], tuple[bytes, datetime]] = field(default_factory=dict)
    tokens: dict[int, MemoryToken] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Return the same state in new dictionaries."""
        return Tables(**{table.name: dict(getattr(self, table.name)) for table in fields(self)})

    def next_number(self, name: str) -> int:
        """Take the next number of a name, from 1."""
        self.numbers[name] = self.numbers.get(name, 0) + 1
        return self.numbers[name]


def put_new(table: dict[Key, Kept], key: Key, kept: Kept) -> None:
    """Keep it under a key that must be free. Raises `ValueError`, as a database's unique index would."""
    if key in table:
        raise ValueError(f"{key!r} is kept already")
    table[key] = kept


def put_changed(table: dict[Key, Kept], key: Key, kept: Kept) -> None:
    """Replace what is kept. Raises `LookupError` when nothing is, which is a mistake of the caller."""
    if key not in table:
        raise LookupError(f"{type(kept).__name__} to be saved was never added")
    table[key] = kept


def newest(kept: Iterable[Kept], limit: int, order: Callable[[Kept], int]) -> tuple[Kept, ...]:
    """Return the `limit` last by a number, last first."""
    return tuple(sorted(kept, key=order, reverse=True)[:limit])
