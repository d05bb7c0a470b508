from __future__ import annotations

from datetime import timedelta

from tocsin.app.overseeing import dead_letters_of, oversee_of, watchdog_of
from tocsin.domain.job import Job, JobState
from tocsin.intake.watchdog import Heartbeat
from tocsin.worker.auditing import REST_S, WATCH_REST_S, Auditing, Watching


def _firing(app) -> set[str]:
    with app.store.reading() as shelves:
        return {each.labels["alertname"] for each in shelves.alerts.unresolved(app.clock.now())}


def test_a_round_looks_at_dead_letters_and_has_the_auditor_look(app) -> None:
    auditing = Auditing(oversee_of(app), dead_letters_of(app))
    assert auditing.round() == REST_S
    with app.store.transaction() as shelves:
        for n in range(11):
            dead = Job(kind="deliver.x", key=f"k{n}", run_at=app.clock.now(), state=JobState.DEAD)
            shelves.jobs.put(dead)
    auditing.round()
    assert _firing(app) == {"DeadLetters"}


def test_a_round_looks_at_the_signs_of_life(app) -> None:
    watchdog = watchdog_of(app)
    expected = (Heartbeat(name="backup", every=timedelta(minutes=5)),)
    watching = Watching(type(watchdog)(app.store, app.clock, app.take, expected))
    assert watching.round() == WATCH_REST_S
    app.clock.push(timedelta(minutes=7))
    watching.round()
    assert _firing(app) == {"WatchdogMissing"}
