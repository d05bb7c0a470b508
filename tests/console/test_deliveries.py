"""Dead letters stand on the Inbox page with cause and remedy, and a commander tries them again."""

from __future__ import annotations

import pytest

from tocsin.domain.job import Job, JobState


@pytest.fixture
def dead(app) -> None:
    with app.store.transaction() as shelves:
        for n in range(25):
            told = "retry later: <b>x</b> did not answer within 10 s"
            job = Job(kind="deliver.webhook", key=f"k{n}", run_at=app.clock.now(), state=JobState.DEAD)
            shelves.jobs.put(
                Job(kind=job.kind, key=job.key, run_at=job.run_at, state=job.state, last_error=told)
            )


def test_each_is_shown_with_its_cause_and_what_to_do(ada, ben, dead) -> None:
    page = ada.get("/inbox").content.decode()
    assert page.count("timed out") == 20
    assert "Have the receiver answer first" in page
    assert "<b>x</b>" not in page
    assert "5 more" in page
    assert "Try again" in page
    assert "Try again" not in ben.get("/inbox").content.decode()


def test_none_is_good_and_says_so(ben) -> None:
    assert "No message was given up" in ben.get("/inbox").content.decode()


def test_a_commander_tries_one_or_all_again(app, ada, dead) -> None:
    assert ada.post("/deliveries/replay", {"key": "k3"}).status_code == 302
    with app.store.reading() as shelves:
        assert (shelves.jobs.get("k3").state, shelves.oversight.count_dead()) == (JobState.READY, 24)
    assert "24 messages are tried again" in ada.post("/deliveries/replay", follow=True).content.decode()
    assert ada.post("/deliveries/replay", {"key": "k3"}).status_code == 404


def test_a_responder_may_not(ben, dead) -> None:
    assert ben.post("/deliveries/replay", {"key": "k3"}).status_code == 403
