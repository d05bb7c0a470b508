"""Asking an Alertmanager ends in an answer, another try, or a job that is dead; nothing else."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.worker.asking import Asking


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (b"[]", JobState.DONE),
        (b"{}", JobState.DEAD),
        (DeliveryFailed(FailureKind.RETRY_LATER, "away"), JobState.READY),
        (DeliveryFailed(FailureKind.REFUSED, "no"), JobState.DEAD),
    ],
)
def test_each_outcome_ends_the_job_as_it_should(memory_store, tmp_path, outcome, state) -> None:
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)
    asking = Asking(app.hearing.groups)
    args = {"url": "http://127.0.0.1:1/", "source": "alertmanager", "group": "g", "unknown": "[]"}
    with app.store.transaction() as shelves:
        shelves.jobs.put(Job(kind="ask.alertmanager", key="k", run_at=NOON, args=args))
        (job,) = shelves.jobs.claim(["ask.alertmanager"], "w", NOON, 30.0, 1)
        asking.effect().settle(shelves, job, outcome)
    with app.store.reading() as shelves:
        assert shelves.jobs.get("k").state is state


def test_anything_else_is_a_mistake_of_ours(memory_store, tmp_path) -> None:
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)
    with app.store.transaction() as shelves, pytest.raises(TypeError):
        Asking(app.hearing.groups).settle(shelves, Job(kind="k", key="k", run_at=NOON), None)
