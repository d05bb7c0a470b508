"""The job table, the only timer and the only queue: conditional claims, leases, owners as fences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import F, QuerySet

from tocsin.domain.job import Job, JobState
from tocsin.store import models
from tocsin.store.rows import change_some, find, insert_once, insert_or_renew

_READY = JobState.READY.value
AT_ONCE = 500
_RENEWED = ("run_at", "args", "state", "attempts", "owner", "last_error")


class DjangoJobs:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def put(self, job: Job) -> bool:
        return insert_once(_row(job), self._alias)

    def reschedule(self, job: Job) -> None:
        """Take the job from whoever holds it, too: their `finish` is then False."""
        insert_or_renew(_row(job), self._alias, key="key", renewed=_RENEWED)

    def reschedule_all(self, jobs: Sequence[Job]) -> None:
        self._rows.bulk_create(
            [_row(job) for job in sorted(jobs, key=lambda job: job.key)],
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=_RENEWED,
        )

    def drop(self, key: str) -> None:
        change_some(models.Job, self._alias, {"state": JobState.DONE.value, "owner": ""}, key=key)

    def claim(
        self, kinds: Sequence[str], owner: str, now: datetime, lease_s: float, limit: int
    ) -> tuple[Job, ...]:
        due = self._rows.filter(state=_READY, kind__in=kinds, run_at__lte=now).order_by("run_at", "id")
        if connections[self._alias].features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        rows = tuple(due[:limit])
        if not rows:
            return ()
        leased_until = now + timedelta(seconds=lease_s)
        mine = self._rows.filter(pk__in=[row.pk for row in rows])
        mine.update(run_at=leased_until, owner=owner, attempts=F("attempts") + 1)
        return tuple(_job(row, run_at=leased_until, owner=owner, attempts=row.attempts + 1) for row in rows)

    def renew(self, keys: Sequence[str], owner: str, until: datetime) -> tuple[str, ...]:
        mine = self._rows.filter(key__in=keys, owner=owner, state=_READY).order_by("id")
        if connections[self._alias].features.has_select_for_update_skip_locked:
            mine = mine.select_for_update(skip_locked=True)
        held = {row.pk: row.key for row in mine.only("pk", "key")}
        self._rows.filter(pk__in=held).update(run_at=until)
        return tuple(held.values())

    def finish(self, key: str, owner: str) -> bool:
        return self._held(key, owner, state=JobState.DONE.value, last_error="") == 1

    def retry(self, key: str, owner: str, run_at: datetime, error: str) -> None:
        self._held(key, owner, run_at=run_at, owner="", last_error=error)

    def bury(self, key: str, owner: str, error: str) -> None:
        self._held(key, owner, state=JobState.DEAD.value, owner="", last_error=error)

    def revive(self, key: str, run_at: datetime) -> bool:
        dead = self._rows.filter(key=key, state=JobState.DEAD.value)
        return dead.update(state=_READY, run_at=run_at, attempts=0, owner="") == 1

    def owners(self) -> tuple[str, ...]:
        held = self._rows.filter(state=_READY).exclude(owner="")
        return tuple(held.order_by("owner").values_list("owner", flat=True).distinct())

    def release(self, owner: str, now: datetime) -> None:
        self._rows.filter(state=_READY, owner=owner).update(owner="", run_at=now)

    def get(self, key: str) -> Job | None:
        row = find(models.Job, self._alias, key=key)
        return None if row is None else _job(row)

    def listed(self, state: JobState, limit: int = 50) -> tuple[Job, ...]:
        """Return jobs in a state, the earliest `run_at` first."""
        rows = self._rows.filter(state=state.value).order_by("run_at", "id")
        return tuple(_job(row) for row in rows[:limit])

    def count(self, state: JobState) -> int:
        return self._rows.filter(state=state.value).count()

    def next_due(self, kinds: Sequence[str]) -> Mapping[str, datetime]:
        """One look-up in the index a kind, in one statement; grouping would read every waiting job."""
        if not kinds:
            return {}
        asked = " UNION ALL ".join(["SELECT %s AS kind"] * len(kinds))
        first = "SELECT MIN(run_at) FROM store_job WHERE state = %s AND store_job.kind = asked.kind"
        with connections[self._alias].cursor() as cursor:
            cursor.execute(f"SELECT asked.kind, ({first}) FROM ({asked}) asked", [_READY, *kinds])
            return {kind: _instant(run_at) for kind, run_at in cursor.fetchall() if run_at is not None}

    def _held(self, held: str, by: str, **columns: Any) -> int:
        """Change the job of this key if this owner holds it."""
        return change_some(models.Job, self._alias, columns, key=held, owner=by, state=_READY)

    @property
    def _rows(self) -> QuerySet[models.Job]:
        return models.Job.objects.using(self._alias)


def _instant(stored: datetime | str) -> datetime:
    """Read what a statement of our own returns: SQLite keeps a time as its UTC text."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored


def _row(job: Job) -> models.Job:
    args: Any = dict(job.args)
    return models.Job(
        key=job.key,
        kind=job.kind,
        run_at=job.run_at,
        args=args,
        state=job.state.value,
        attempts=job.attempts,
        owner=job.owner,
        last_error=job.last_error,
        created_at=job.created_at,
    )


def _job(row: models.Job, **claimed: Any) -> Job:
    columns = {
        "kind": row.kind,
        "key": row.key,
        "run_at": row.run_at,
        "args": row.args,
        "state": JobState(row.state),
        "attempts": row.attempts,
        "owner": row.owner,
        "last_error": row.last_error,
        "created_at": row.created_at,
    }
    return Job(**{**columns, **claimed})
