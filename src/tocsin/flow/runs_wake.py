"""Something happened that a run may wait for: it is looked at again at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tocsin.domain.action import Action
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import RunState

RUN = "run"


def wake(shelves: Shelves, incident_id: UUID, run_id: UUID, at: datetime) -> None:
    """Look at a run at an instant; a run waits for one instant at a time."""
    args = {"incident": str(incident_id), "run": str(run_id)}
    shelves.jobs.reschedule(Job(kind=RUN, key=run_key(run_id), run_at=at, args=args))


def wake_for(shelves: Shelves, action: Action, now: datetime) -> None:
    """An action changed: the run that asked for it, if any, goes on. Call it where the action is saved."""
    if action.run_id is not None:
        wake(shelves, action.incident_id, action.run_id, now)


def wake_all(shelves: Shelves, incident: Incident, now: datetime) -> None:
    """An incident changed: its runs look at it again, for their conditions may speak of it."""
    for run in shelves.runs.of_incident(incident.incident_id):
        if run.state is RunState.RUNNING:
            wake(shelves, incident.incident_id, run.run_id, now)


def run_key(run_id: UUID) -> str:
    """Return the key of the job that looks at a run."""
    return f"{RUN}:{run_id}"
