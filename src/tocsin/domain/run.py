"""A run: one execution of a runbook in one incident, and how far each of its steps has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    DONE = "done"
    ABORTED = "aborted"


class StepState(StrEnum):
    """How far a step has come; `not-applicable` is a step whose condition was false."""

    WAITING = "waiting"
    READY = "ready"
    DONE = "done"
    NOT_APPLICABLE = "not-applicable"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Say whether what comes after the step may go on."""
        return self in (StepState.DONE, StepState.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What is known of one step. `place` names it within the run: `isolate`, `watch#2/look`, `sub.isolate`.

    `due_at` is the earlier of its `within` and its `by`. `missed_at` is when a due time passed: the step goes
    on. `actions` are the numbers of the actions that it asked for, in order. `approvals` read `role:person`.
    `owners` and `approvers`, where set, stand in place of those that the runbook names.
    """

    place: str
    state: StepState
    ready_at: datetime | None = None
    due_at: datetime | None = None
    missed_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    actions: tuple[int, ...] = ()
    approvals: tuple[str, ...] = ()
    reason: str = ""
    owners: tuple[str, ...] | None = None
    approvers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution. `RUN-number` is its short name; `text` is the runbook's file as it was when it began.

    `called` holds in the same way the file of each runbook that it calls, by the runbook's id.
    """

    run_id: UUID
    number: int
    incident_id: UUID
    runbook_id: str
    digest: str
    text: str
    state: RunState
    started_at: datetime
    started_by: str
    ended_at: datetime | None = None
    ended_by: str = ""
    steps: Mapping[str, StepRecord] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def short_name(self) -> str:
        """Return `RUN-n`."""
        return f"RUN-{self.number}"
