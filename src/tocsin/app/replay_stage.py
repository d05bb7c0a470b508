"""A store to play on: it keeps what decides about pages, forgets the rest, and what is over as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.alert import AlertLine
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Delivery, Page
from tocsin.domain.timeline import TimelineEntry
from tocsin.flow.call import ESCALATE
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.flow.take import LAPSE
from tocsin.store.memory.incidents import MemoryTimeline
from tocsin.store.memory.incoming import MemoryAlerts
from tocsin.store.memory.jobs import MemoryJobs
from tocsin.store.memory.marks import MemoryMarks
from tocsin.store.memory.pages import MemoryPages
from tocsin.store.memory.proof import MemoryLog
from tocsin.store.memory.store import MemoryShelves
from tocsin.store.memory.tables import Tables
from tocsin.triage.flapping import FLAPS

_PLAYED = (ESCALATE, LAPSE, LOOK_AGAIN)
_KEPT_AFTER_THE_END = timedelta(days=1)


class _Silent(MemoryLog):
    """Nothing that is only played belongs in a log."""

    def append(self, entry_id: UUID, content: bytes) -> None:
        del entry_id, content


class _Untold(MemoryTimeline):
    def add(self, entry: TimelineEntry) -> TimelineEntry:
        return entry


class _Storyless(MemoryAlerts):
    def tell(self, lines: Sequence[AlertLine]) -> None:
        del lines


class _Pages(MemoryPages):
    """Gathers pages; their messages are none."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.new: list[Page] = []

    def add(self, page: Page) -> None:
        super().add(page)
        self.new.append(page)

    def add_delivery(self, delivery: Delivery) -> None:
        del delivery


class _Jobs(MemoryJobs):
    """Keeps only jobs that decide something; those that send or collect are as good as done."""

    def put(self, job: Job) -> bool:
        return super().put(job) if job.kind in _PLAYED else True

    def reschedule(self, job: Job) -> None:
        if job.kind in _PLAYED:
            super().reschedule(job)


class _Marks(MemoryMarks):
    """How many messages a person had lately holds back messages, never a page."""

    def keep(self, kind: str, marks: Mapping[str, bytes], at: datetime) -> None:
        if not kind.startswith(("pace-", "held-")):
            super().keep(kind, marks, at)


class StageShelves(MemoryShelves):
    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, b"")
        self.log = _Silent(tables, b"")
        self.timeline = _Untold(tables)
        self.alerts = _Storyless(tables)
        self.pages: _Pages = _Pages(tables)
        self.jobs = _Jobs(tables)
        self.marks = _Marks(tables)


class Stage:
    """A store that is played on by one thread. Nothing is copied, for a replay that fails is thrown away."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.shelves = StageShelves(self.tables)

    @contextmanager
    def transaction(self) -> Iterator[StageShelves]:
        """Write at once; whatever goes wrong ends the replay."""
        yield self.shelves

    @contextmanager
    def reading(self) -> Iterator[StageShelves]:
        """Look at the state as it is now."""
        yield self.shelves

    def tidy(self, now: datetime, calm_since: datetime) -> None:
        """Forget what is over, so that a month costs no more a step than a day does.

        What ended before `calm_since` can flap no more.
        """
        tables, before = self.tables, min(calm_since, now - _KEPT_AFTER_THE_END)
        ended = self._ended(now, before)
        self._drop_alerts(before, ended)
        held = {alert.incident_id for alert in tables.alerts.values()}
        for key in ended - held:
            if key is not None:
                del tables.incidents[key]
        tables.pages = {
            key: page for key, page in tables.pages.items() if page.incident_id in tables.incidents
        }
        tables.jobs = {key: job for key, job in tables.jobs.items() if job.state is JobState.READY}
        known = {str(key) for key in tables.incidents}
        tables.marks = {key: mark for key, mark in tables.marks.items() if key[0] == FLAPS or key[1] in known}

    def _drop_alerts(self, before: datetime, ended: set[UUID | None]) -> None:
        tables = self.tables
        for alert in list(tables.alerts.values()):
            if alert.over and alert.ends_at < before and alert.incident_id in ended:
                del tables.alerts[alert.number]
                if tables.latest_alerts[alert.fingerprint] == alert.number:
                    del tables.latest_alerts[alert.fingerprint]

    def _ended(self, now: datetime, before: datetime) -> set[UUID | None]:
        """Return the incidents that are over since an instant, and None for alerts that are in none."""
        firing = {alert.incident_id for alert in self.tables.alerts.values() if not alert.over}
        return {None} | {
            key
            for key, each in self.tables.incidents.items()
            if key not in firing and not each.status.is_active and (each.resolved_at or now) < before
        }
