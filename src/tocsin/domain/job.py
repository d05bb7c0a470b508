"""A job: the only timer and the only queue; what must happen, not before when, under which key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """Whether a job is still to be done. A dead one was tried for the last time and can be replayed."""

    READY = "ready"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing to do once `run_at` has passed.

    `key` is unique and is the idempotency key sent to a partner. `args` are small JSON values. A claim pushes
    `run_at` forward (the lease) and writes `owner`; a job whose owner died is simply due again.
    """

    kind: str
    key: str
    run_at: datetime
    args: Mapping[str, str] = field(default_factory=dict)
    state: JobState = JobState.READY
    attempts: int = 0
    owner: str = ""
    last_error: str = ""
    created_at: datetime | None = None
