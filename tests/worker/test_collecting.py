from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from tocsin.domain.alert import AlertReport
from tocsin.domain.job import JobState
from tocsin.worker.collecting import Collecting


@pytest.fixture
def job(app, clock):
    """The collector's job of an open incident."""
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    app.take.alerts(
        arrival, [AlertReport(source="prometheus", labels={"alertname": "A", "severity": "warning"})]
    )
    with app.store.transaction() as shelves:
        (claimed,) = shelves.jobs.claim(("collect",), "worker-1", clock.now(), 30.0, 10)
    return claimed


def _collected(app, job):
    with app.store.reading() as shelves:
        return app.respond.collect(shelves, job)


def test_the_bytes_lie_in_the_locker_before_the_exhibit_is_written(app, job) -> None:
    collecting = Collecting(app.respond)
    kept = collecting.act(_collected(app, job))
    assert kept is not None
    assert app.locker.digest_of(kept.digest) == kept.digest
    with app.store.transaction() as shelves:
        assert shelves.exhibits.all() == ()
        collecting.settle(shelves, job, kept)
        (exhibit,) = shelves.exhibits.all()
        assert (exhibit.digest, shelves.jobs.get(job.key).state) == (kept.digest, JobState.DONE)


def test_a_repeat_after_a_crash_keeps_the_same_exhibit_once(app, job) -> None:
    collecting = Collecting(app.respond)
    for _ in range(2):
        kept = collecting.act(_collected(app, job))
        with app.store.transaction() as shelves:
            collecting.settle(shelves, job, kept)
    with app.store.reading() as shelves:
        assert len(shelves.exhibits.all()) == 1


def test_nothing_to_gather_ends_the_job(app, job) -> None:
    collecting = Collecting(app.respond)
    gone = replace(job, args={"incident": str(uuid4())})
    assert collecting.act(_collected(app, gone)) is None
    with app.store.transaction() as shelves:
        collecting.settle(shelves, job, None)
        assert shelves.jobs.get(job.key).state is JobState.DONE
        assert shelves.exhibits.all() == ()


def test_giving_up_is_said_in_the_incident(app, job) -> None:
    with app.store.transaction() as shelves:
        Collecting(app.respond).effect().give_up(shelves, job, "OSError: no disk")
        assert shelves.timeline.since(0)[-1].kind == "exhibit.collection_failed"
