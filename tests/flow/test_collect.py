from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from nouns import NOON
from tocsin.domain.acting import Collector
from tocsin.domain.job import Job, JobState
from tocsin.evidence.opening import Start
from tocsin.flow.collect import COLLECT, TRIES, Asked, Collected, Collecting, no_starts

LIVE, LASTING = (
    Collector(
        name=name,
        summary=f"The {name}",
        volatility=volatility,
        parameters=("cluster",),
        gather=lambda arguments: iter(()),
    )
    for name, volatility in (("live", 0), ("lasting", 4))
)


@pytest.fixture
def collecting(story) -> Collecting:
    return Collecting(story.clock, {"live": LIVE, "lasting": LASTING})


@pytest.fixture
def start(story, report, collecting):
    story.hear(report())
    story.collect()

    def start(*starts: Start) -> list[Job]:
        incident = story.incident()
        with story.store.transaction() as shelves:
            collecting.start(shelves, incident, starts, story.clock.now())
        return [job for job in story.jobs() if job.kind == COLLECT]

    return start


def asked(story, collecting, job):
    with story.store.reading() as shelves:
        return collecting.asked(shelves, job)


def test_each_start_is_a_job_and_what_is_live_comes_first(start) -> None:
    given = {"cluster": "prod"}
    jobs = start(
        Start(collector="lasting", arguments=given),
        Start(collector="live", arguments=given, of="t-1"),
        Start(collector="live", arguments=given, of="t-2"),
    )
    order = [job.args["collector"] for job in sorted(jobs, key=lambda job: job.run_at)]
    assert order == ["live", "live", "lasting"]


def test_what_is_on_its_way_is_left_alone_and_what_has_ended_is_asked_again(story, start) -> None:
    one = Start(collector="live", arguments={"cluster": "prod"})
    (job,) = start(one)
    story.push(60)
    assert [each.run_at for each in start(one)] == [job.run_at]
    with story.store.transaction() as shelves:
        (claimed,) = shelves.jobs.claim((COLLECT,), "w", story.clock.now(), 30.0, 10)
        assert shelves.jobs.finish(claimed.key, "w")
    (again,) = start(one)
    assert (again.key, again.run_at) == (job.key, story.clock.now())


def test_a_collector_is_told_the_incident_its_object_and_its_arguments(story, start, collecting) -> None:
    (job,) = start(Start(collector="live", arguments={"cluster": "prod"}, of="t-1"))
    found = asked(story, collecting, job)
    assert isinstance(found, Asked)
    assert found.arguments == {"incident": "INC-1", "of": ("t-1",), "cluster": "prod"}
    assert found.deposit.label.description == "The live, of t-1"
    assert (found.deposit.collector, found.deposit.of, found.is_last_try) == ("live", "t-1", False)
    assert asked(story, collecting, replace(job, attempts=TRIES)).is_last_try


@pytest.mark.parametrize(
    ("start_of", "refusal"),
    [(Start(collector="gone"), "no collector 'gone'"), (Start(collector="live"), "nobody told it cluster")],
)
def test_what_cannot_be_asked_is_known_before_anybody_is(story, start, collecting, start_of, refusal) -> None:
    (job,) = start(start_of)
    found = asked(story, collecting, job)
    assert refusal in found.refusal
    assert found.collector is None


def test_our_own_alerts_need_no_collector(story, start, collecting) -> None:
    job = Job(kind=COLLECT, key="c", run_at=NOON, args={"incident": str(story.incident().incident_id)})
    found = asked(story, collecting, job)
    assert isinstance(found, Collected)
    assert json.loads(found.content.splitlines()[0])["alert"] == "ALR-1"


def test_an_incident_that_is_gone_asks_for_nothing(story, collecting) -> None:
    job = Job(kind=COLLECT, key="c", run_at=NOON, args={"incident": str(uuid4())})
    assert asked(story, collecting, job) is None


def test_a_collector_that_was_given_up_is_named(story, start, collecting) -> None:
    (job,) = start(Start(collector="live", arguments={"cluster": "prod"}))
    with story.store.transaction() as shelves:
        collecting.given_up(shelves, job, "KeyError: 'x'")
    assert story.timeline()[-1].text.startswith("The collector live was given up")


def test_without_a_policy_nothing_more_starts(story, report) -> None:
    story.hear(report())
    assert no_starts(story.incident(), ()) == ()
    story.push(timedelta(minutes=5).total_seconds())
    assert story.jobs(JobState.DEAD) == ()
