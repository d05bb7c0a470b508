"""Where state is kept: one shelf a noun, all of them inside one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from tocsin.domain.alert import Alert
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.domain.incident import Incident, Status
from tocsin.domain.job import Job, JobState
from tocsin.domain.person import Role
from tocsin.domain.ports.alert_search import AlertSearch, AlertStories
from tocsin.domain.ports.calling import InboxShelf, OverrideShelf, PageShelf, SilenceShelf
from tocsin.domain.ports.groups import GroupShelf
from tocsin.domain.ports.oversight import OversightShelf
from tocsin.domain.ports.proof import ExhibitShelf, LogShelf
from tocsin.domain.ports.response import ActionShelf, BagShelf, RunShelf
from tocsin.domain.severity import Severity
from tocsin.domain.source import SourceProgress, StoredShard
from tocsin.domain.timeline import TimelineEntry


class ArrivalShelf(Protocol):
    """Bodies as received."""

    def add(self, arrival: Arrival) -> bool:
        """Keep it; False when this (connector, source, key) is here already and nothing was done."""
        ...

    def get(self, arrival_id: UUID) -> Arrival | None: ...


class QuarantineShelf(Protocol):
    """What could not be understood."""

    def add(self, quarantined: Quarantined) -> Quarantined:
        """Keep it and return it with its number."""
        ...

    def get(self, number: int) -> Quarantined | None: ...
    def mark_replayed(self, number: int, at: datetime) -> None: ...
    def waiting(self, limit: int = 50) -> tuple[Quarantined, ...]:
        """Return what was not replayed yet, newest first."""
        ...

    def count_waiting(self) -> int: ...


class AlertShelf(AlertSearch, AlertStories, Protocol):
    """Alert episodes; the latest of a fingerprint is the one a new report is merged into."""

    def latest(self, fingerprint: str) -> Alert | None: ...
    def latest_of(self, fingerprints: Sequence[str]) -> Mapping[str, Alert]:
        """Return the latest episode of each of these fingerprints that is known."""
        ...

    def add(self, alert: Alert) -> Alert:
        """Keep a new episode and return it with its number."""
        ...

    def add_all(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """Keep new episodes of different fingerprints; return them with their numbers, in the same order."""
        ...

    def save(self, alert: Alert) -> None: ...
    def renew(self, alerts: Sequence[Alert]) -> None:
        """Save of each nothing but its lease and when it was updated."""
        ...

    def lapsed(self, now: datetime, limit: int = 500) -> tuple[Alert, ...]:
        """Return alerts that have ended and of which nobody looked at the end yet, by their end."""
        ...

    def next_lapse(self) -> datetime | None:
        """Return when the first alert ends of which the end was not looked at."""
        ...

    def muted(self, limit: int = 1000, after: int = 0) -> tuple[Alert, ...]:
        """Return alerts that are muted and not over, with greater numbers than `after`, by number."""
        ...

    def inhibitors(self, now: datetime) -> tuple[Alert, ...]:
        """Return unresolved alerts that an inhibition rule may look for."""
        ...

    def firing_in(self, incident_id: UUID, now: datetime) -> int:
        """Return how many alerts of an incident are unresolved."""
        ...

    def get(self, number: int) -> Alert | None: ...
    def of_incident(self, incident_id: UUID) -> tuple[Alert, ...]:
        """Return the incident's alerts, by number."""
        ...

    def unresolved(self, now: datetime, limit: int = 1000) -> tuple[Alert, ...]:
        """Return alerts whose lease has not run out, sorted by fingerprint."""
        ...

    def recent(self, limit: int = 50) -> tuple[Alert, ...]:
        """Return the newest alerts first."""
        ...

    def before(self, number: int, limit: int) -> tuple[Alert, ...]:
        """Return alerts with lesser numbers, the newest first, without their evidence."""
        ...


class IncidentShelf(Protocol):
    """Incidents."""

    def next_number(self) -> int:
        """Take the next number of `INC-n`."""
        ...

    def add(self, incident: Incident) -> None: ...
    def save(self, incident: Incident) -> None: ...
    def get(self, incident_id: UUID) -> Incident | None: ...
    def by_number(self, number: int) -> Incident | None: ...
    def active_in_group(self, group_key: str) -> Incident | None:
        """Return the newest incident of the group that is open, investigating or mitigated."""
        ...

    def listed(
        self,
        statuses: Sequence[Status] = (),
        severities: Sequence[Severity] = (),
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Incident, ...]:
        """Return incidents, newest first; an empty filter means any."""
        ...

    def count(self, statuses: Sequence[Status] = (), severities: Sequence[Severity] = ()) -> int: ...


class TimelineShelf(Protocol):
    """Timeline lines of all incidents."""

    def add(self, entry: TimelineEntry) -> TimelineEntry:
        """Keep it and return it with its number."""
        ...

    def of_incident(self, incident_id: UUID) -> tuple[TimelineEntry, ...]: ...
    def since(self, number: int, limit: int = 200) -> tuple[TimelineEntry, ...]:
        """Return lines with a greater number, oldest first, of any incident."""
        ...

    def last_number(self) -> int: ...


class JobShelf(Protocol):
    """The job table."""

    def put(self, job: Job) -> bool:
        """Add a job; False when the key is here already (then nothing changes)."""
        ...

    def reschedule(self, job: Job) -> None:
        """Add the job, or make the one with this key ready again with the new `run_at` and `args`."""
        ...

    def reschedule_all(self, jobs: Sequence[Job]) -> None:
        """Do the same with several jobs of different keys."""
        ...

    def drop(self, key: str) -> None:
        """Mark a job done without running it; unknown keys are ignored."""
        ...

    def claim(
        self, kinds: Sequence[str], owner: str, now: datetime, lease_s: float, limit: int
    ) -> tuple[Job, ...]:
        """Take due jobs, oldest first: push `run_at` by the lease, set the owner, count the attempt."""
        ...

    def renew(self, keys: Sequence[str], owner: str, until: datetime) -> tuple[str, ...]:
        """Hold jobs longer; return which: those that others hold or are just changing stay as they are."""
        ...

    def finish(self, key: str, owner: str) -> bool:
        """Mark done; False when another owner holds it by now (the caller must roll back)."""
        ...

    def retry(self, key: str, owner: str, run_at: datetime, error: str) -> None:
        """Make it due again at `run_at` and write down why."""
        ...

    def bury(self, key: str, owner: str, error: str) -> None:
        """Mark dead: visible, replayable."""
        ...

    def revive(self, key: str, run_at: datetime) -> bool:
        """Make a dead job ready again with the same key and no attempts; False if it is not dead."""
        ...

    def owners(self) -> tuple[str, ...]:
        """Return who holds a lease, each once."""
        ...

    def release(self, owner: str, now: datetime) -> None:
        """Make due at once what an owner holds that is gone for good."""
        ...

    def get(self, key: str) -> Job | None: ...
    def listed(self, state: JobState, limit: int = 50) -> tuple[Job, ...]: ...
    def count(self, state: JobState) -> int: ...
    def next_due(self, kinds: Sequence[str]) -> Mapping[str, datetime]:
        """Return for each of these kinds that has a ready job when its first one is due."""
        ...


class DetectorShelf(Protocol):
    """What detection must remember between batches: how far each source was judged, and the window state.

    The state lies in shards, each with a version, so that several workers write different shards at once and
    none overwrites what it has not seen.
    """

    def progress(self) -> Mapping[str, SourceProgress]:
        """Return the progress of every source that was judged, by name."""
        ...

    def advance(self, was: SourceProgress, now: SourceProgress) -> bool:
        """Move a source from where it was; False, with nothing changed, if another worker moved it."""
        ...

    def versions(self) -> Mapping[int, int]:
        """Return the version of every stored shard."""
        ...

    def shards(self, numbers: Iterable[int]) -> Mapping[int, StoredShard]:
        """Return the stored shards among `numbers`."""
        ...

    def save_shards(self, states: Mapping[int, bytes], known: Mapping[int, int]) -> bool:
        """Store shards of which the versions `known` were seen (0 or none: not stored yet).

        Returns False, with nothing changed, if another worker has stored one of them since.
        """
        ...


class MarkShelf(Protocol):
    """What is remembered of each source: marks, small and opaque to the store, each of a kind and a name."""

    def of(self, kind: str, names: Iterable[str]) -> Mapping[str, bytes]:
        """Return those of a kind that are kept among some names (at most 1,000)."""
        ...

    def all(self, kind: str, limit: int = 10_000) -> Mapping[str, bytes]:
        """Return all of a kind, by name."""
        ...

    def keep(self, kind: str, marks: Mapping[str, bytes], at: datetime) -> None:
        """Keep marks, each instead of what was kept under its name."""
        ...

    def drop(self, kind: str, names: Iterable[str]) -> None:
        """Forget marks; unknown names are ignored."""
        ...

    def drop_older(self, kind: str, before: datetime) -> None:
        """Forget all of a kind that were last kept before a time."""
        ...


class TokenShelf(Protocol):
    """API tokens by the SHA-256 of their text."""

    def add(self, digest: str, name: str, role: Role, expires_at: datetime | None, at: datetime) -> int:
        """Keep a token and return its number."""
        ...

    def role_of(self, digest: str, now: datetime) -> tuple[str, Role] | None:
        """Return (name, role) of a live token, None when unknown, revoked or expired."""
        ...

    def listed(self) -> tuple[Mapping[str, str], ...]:
        """Return `number, name, role, created_at, expires_at, revoked_at`."""
        ...

    def revoke(self, number: int, at: datetime) -> bool: ...


class Shelves(Protocol):
    """All shelves, seen from inside one transaction."""

    @property
    def arrivals(self) -> ArrivalShelf: ...
    @property
    def quarantine(self) -> QuarantineShelf: ...
    @property
    def alerts(self) -> AlertShelf: ...
    @property
    def incidents(self) -> IncidentShelf: ...
    @property
    def timeline(self) -> TimelineShelf: ...
    @property
    def pages(self) -> PageShelf: ...
    @property
    def silences(self) -> SilenceShelf: ...
    @property
    def overrides(self) -> OverrideShelf: ...
    @property
    def groups(self) -> GroupShelf: ...
    @property
    def inbox(self) -> InboxShelf: ...
    @property
    def oversight(self) -> OversightShelf: ...
    @property
    def jobs(self) -> JobShelf: ...
    @property
    def log(self) -> LogShelf: ...
    @property
    def exhibits(self) -> ExhibitShelf: ...
    @property
    def actions(self) -> ActionShelf: ...
    @property
    def runs(self) -> RunShelf: ...
    @property
    def bags(self) -> BagShelf: ...
    @property
    def detector(self) -> DetectorShelf: ...
    @property
    def marks(self) -> MarkShelf: ...
    @property
    def tokens(self) -> TokenShelf: ...

    def lock(self, name: str) -> None:
        """Hold off others who ask for the same name until this transaction ends."""
        ...

    def lock_all(self, names: Sequence[str]) -> None:
        """Hold off others from all these names, taken in the order given, in one step."""
        ...


class Store(Protocol):
    """A database. Raises `Overloaded` when it is locked too long, full, read-only or away."""

    def transaction(self) -> AbstractContextManager[Shelves]:
        """Open a transaction that writes: all of it is committed, durably, or nothing."""
        ...

    def reading(self) -> AbstractContextManager[Shelves]:
        """Look at a consistent state without writing."""
        ...
