"""The job table in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from tocsin.domain.job import Job, JobState
from tocsin.store.memory.tables import Tables


class MemoryJobs:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, job: Job) -> bool:
        if job.key in self._tables.jobs:
            return False
        self._tables.jobs[job.key] = job
        return True

    def reschedule(self, job: Job) -> None:
        known = self._tables.jobs.get(job.key)
        created_at = job.created_at if known is None else known.created_at
        kind = job.kind if known is None else known.kind
        self._tables.jobs[job.key] = replace(job, kind=kind, created_at=created_at)

    def reschedule_all(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self.reschedule(job)

    def drop(self, key: str) -> None:
        job = self._tables.jobs.get(key)
        if job is not None:
            self._tables.jobs[key] = replace(job, state=JobState.DONE, owner="")

    def claim(
        self, kinds: Sequence[str], owner: str, now: datetime, lease_s: float, limit: int
    ) -> tuple[Job, ...]:
        due = sorted((job for job in self._ready(kinds) if job.run_at <= now), key=attrgetter("run_at"))
        until = now + timedelta(seconds=lease_s)
        claimed = tuple(
            replace(job, run_at=until, owner=owner, attempts=job.attempts + 1) for job in due[:limit]
        )
        self._tables.jobs.update((job.key, job) for job in claimed)
        return claimed

    def renew(self, keys: Sequence[str], owner: str, until: datetime) -> tuple[str, ...]:
        mine = {key: self._tables.jobs[key] for key in keys if key in self._tables.jobs}
        held = [key for key, job in mine.items() if job.owner == owner and job.state is JobState.READY]
        for key in held:
            self._tables.jobs[key] = replace(mine[key], run_at=until)
        return tuple(held)

    def finish(self, key: str, owner: str) -> bool:
        job = self._held(key, owner)
        if job is None:
            return False
        self._tables.jobs[key] = replace(job, state=JobState.DONE, last_error="")
        return True

    def retry(self, key: str, owner: str, run_at: datetime, error: str) -> None:
        job = self._held(key, owner)
        if job is not None:
            self._tables.jobs[key] = replace(job, run_at=run_at, owner="", last_error=error)

    def bury(self, key: str, owner: str, error: str) -> None:
        job = self._held(key, owner)
        if job is not None:
            self._tables.jobs[key] = replace(job, state=JobState.DEAD, owner="", last_error=error)

    def revive(self, key: str, run_at: datetime) -> bool:
        job = self._tables.jobs.get(key)
        if job is None or job.state is not JobState.DEAD:
            return False
        self._tables.jobs[key] = replace(job, state=JobState.READY, run_at=run_at, attempts=0, owner="")
        return True

    def owners(self) -> tuple[str, ...]:
        jobs = self._tables.jobs.values()
        return tuple(sorted({job.owner for job in jobs if job.owner and job.state is JobState.READY}))

    def release(self, owner: str, now: datetime) -> None:
        for key, job in self._tables.jobs.items():
            if job.owner == owner and job.state is JobState.READY:
                self._tables.jobs[key] = replace(job, owner="", run_at=now)

    def get(self, key: str) -> Job | None:
        return self._tables.jobs.get(key)

    def listed(self, state: JobState, limit: int = 50) -> tuple[Job, ...]:
        jobs = (job for job in self._tables.jobs.values() if job.state is state)
        return tuple(sorted(jobs, key=attrgetter("run_at"))[:limit])

    def count(self, state: JobState) -> int:
        return sum(job.state is state for job in self._tables.jobs.values())

    def next_due(self, kinds: Sequence[str]) -> Mapping[str, datetime]:
        firsts: dict[str, datetime] = {}
        for job in self._ready(kinds):
            firsts[job.kind] = min(job.run_at, firsts.get(job.kind, job.run_at))
        return firsts

    def _ready(self, kinds: Sequence[str]) -> list[Job]:
        jobs = self._tables.jobs.values()
        return [job for job in jobs if job.state is JobState.READY and job.kind in kinds]

    def _held(self, key: str, owner: str) -> Job | None:
        job = self._tables.jobs.get(key)
        return job if job is not None and job.owner == owner and job.state is JobState.READY else None
