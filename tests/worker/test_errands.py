"""Errands after a pushed body: done once, tried again by kind of failure, and written down."""

from __future__ import annotations

import orjson
import pytest

from nouns import NOON, later
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.worker.errands import MOST_TRIES, SUMS_EVERY_S, Errands, Sums, errands_of

OWNER = "w"


def _errand(store, run) -> tuple[Errands, Job]:
    with store.transaction() as shelves:
        shelves.jobs.put(Job(kind="errand.sns", key="errand:1", run_at=NOON, args={"topic": "arn:t"}))
        (job,) = shelves.jobs.claim(["errand.sns"], OWNER, NOON, 30.0, 1)
    return Errands("sns", run, {"TOCSIN_SNS_TOPICS": "arn:t"}, PushedClock(NOON)), job


def _settled(store, errand: Errands, job: Job):
    outcome = errand.effect().act(job)
    with store.transaction() as shelves:
        errand.effect().settle(shelves, job, outcome)
    with store.reading() as shelves:
        logged = [orjson.loads(content) for content in shelves.log.waiting_contents()]
        return shelves.jobs.get(job.key), logged


def test_an_errand_is_done_with_its_settings_and_written_down(memory_store) -> None:
    given = []

    def run(args, values) -> str:
        given.append((dict(args), dict(values)))
        return "subscription confirmed"

    job, logged = _settled(memory_store, *_errand(memory_store, run))
    assert job.state is JobState.DONE
    assert given == [({"topic": "arn:t"}, {"TOCSIN_SNS_TOPICS": "arn:t"})]
    assert logged[0]["facts"]["outcome"] == "subscription confirmed"
    assert logged[0]["subject"] == "arn:t"


def _failing(kind: FailureKind):
    def run(args, values) -> str:
        raise DeliveryFailed(kind, "no")

    return run


def test_what_may_heal_is_tried_again(memory_store) -> None:
    job, logged = _settled(memory_store, *_errand(memory_store, _failing(FailureKind.RETRY_LATER)))
    assert (job.state, job.run_at > NOON, logged) == (JobState.READY, True, [])
    assert job.run_at < later(60)


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.MISCONFIGURED])
def test_what_will_not_is_dead_and_written_down(memory_store, kind: FailureKind) -> None:
    job, logged = _settled(memory_store, *_errand(memory_store, _failing(kind)))
    assert job.state is JobState.DEAD
    assert logged[0]["facts"]["outcome"] == f"{kind}: no"


def test_nothing_is_tried_for_ever(memory_store) -> None:
    from dataclasses import replace  # noqa: PLC0415

    errand, job = _errand(memory_store, _failing(FailureKind.RETRY_LATER))
    job, _ = _settled(memory_store, errand, replace(job, attempts=MOST_TRIES))
    assert job.state is JobState.DEAD


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({}, set()),
        ({"TOCSIN_SNS_TOPICS": "arn:aws:sns:x"}, {"errand.sns"}),
        ({"TOCSIN_SNS_TOPICS": "a", "TOCSIN_SLACK_SIGNING_SECRETS": "s"}, {"errand.sns", "errand.slack"}),
    ],
)
def test_only_what_is_set_up_has_errands(memory_store, tmp_path, settings, kinds) -> None:
    app = build_app(load_settings(settings, home=tmp_path), clock=PushedClock(NOON), store=memory_store)
    assert set(errands_of(app)) == kinds


def test_sums_are_written_from_time_to_time() -> None:
    written: list[int] = []
    assert Sums(lambda: written.append(1)).round() == SUMS_EVERY_S
    assert written == [1]
