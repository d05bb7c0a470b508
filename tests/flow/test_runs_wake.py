"""A run is looked at when its action or its incident changes."""

from __future__ import annotations

from uuid import UUID

from nouns import NOON, a_run, an_action, an_incident, later
from tocsin.domain.run import RunState
from tocsin.flow.runs_wake import RUN, run_key, wake_all, wake_for

RUN_ID = UUID(int=7)


def test_only_an_action_of_a_run_wakes_one(memory_store) -> None:
    with memory_store.transaction() as shelves:
        wake_for(shelves, an_action(), NOON)
        assert shelves.jobs.next_due((RUN,)) == {}
        wake_for(shelves, an_action(run_id=RUN_ID), NOON)
        job = shelves.jobs.get(run_key(RUN_ID))
    assert job is not None
    assert (job.kind, job.args["run"], job.run_at) == (RUN, str(RUN_ID), NOON)


def test_runs_that_go_on_are_woken_by_their_incident(memory_store) -> None:
    incident = an_incident()
    with memory_store.transaction() as shelves:
        for number, state in enumerate((RunState.RUNNING, RunState.DONE), start=1):
            given = {"run_id": UUID(int=number), "number": number, "state": state}
            shelves.runs.add(a_run(incident_id=incident.incident_id, **given))
        wake_all(shelves, incident, later(5))
        assert shelves.jobs.get(run_key(UUID(int=1))).run_at == later(5)
        assert shelves.jobs.get(run_key(UUID(int=2))) is None
