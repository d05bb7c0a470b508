"""Messages that were given up are listed and tried again under their key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.job import Job
from tocsin.domain.page import DeliveryState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind


@pytest.fixture
def dead(app, report):
    """Return the key of a page's message that was refused for good."""
    report({"labels": {"alertname": "DiskFull", "severity": "critical"}})
    with app.store.transaction() as shelves:
        jobs = shelves.jobs.claim(["deliver.inbox"], "test", app.clock.now(), 30.0, 100)
    job = next(each for each in jobs if each.key.startswith("page-"))
    with app.store.transaction() as shelves:
        app.deliver.settle(shelves, job, DeliveryFailed(FailureKind.REFUSED, "no such person"))
    return job.key


def test_a_dead_message_is_listed_with_its_last_error(dead, answer) -> None:
    (one,) = answer("delivery", "list", "--dead")
    assert one["key"] == dead
    assert (one["cause"], one["channel"], one["incident"], one["status"]) == (
        "refused",
        "inbox",
        "INC-1",
        None,
    )
    assert one["age_s"] >= 0
    assert "no such person" in one["last_error"]
    assert dead not in [each["key"] for each in answer("delivery", "list")]


def test_it_is_tried_again_under_the_same_key(app, dead, answer) -> None:
    assert answer("delivery", "replay", dead) == {"keys": [dead]}
    assert answer("delivery", "list", "--dead") == []
    with app.store.reading() as shelves:
        assert shelves.pages.delivery(dead).state is DeliveryState.WAITING


def test_what_is_not_dead_is_not_replayed(dead, typed) -> None:
    typed("delivery", "replay", dead)
    assert typed("delivery", "replay", dead).exit_code == 3
    assert typed("delivery", "replay", "nonsense").exit_code == 3


def test_a_job_without_a_message_is_revived_too(app, answer) -> None:
    now = app.clock.now()
    with app.store.transaction() as shelves:
        shelves.jobs.put(Job(kind="collect", key="collect:x", run_at=now))
        shelves.jobs.claim(["collect"], "test", now + timedelta(seconds=1), 30.0, 1)
        shelves.jobs.bury("collect:x", "test", "disk full")
    assert answer("delivery", "replay", "collect:x") == {"keys": ["collect:x"]}


def test_what_to_do_is_said_beside_the_table(dead, typed) -> None:
    told = typed("delivery", "list", "--dead", "--plain")
    assert "refused: The receiver read the message and refused it" in told.stderr
    assert "The receiver read" not in told.stdout


def test_all_of_a_channel_are_tried_again_at_once(dead, answer) -> None:
    assert answer("delivery", "replay", "--all", "--channel", "smtp") == {"keys": []}
    assert answer("delivery", "list", "--dead", "--channel", "smtp") == []
    assert answer("delivery", "replay", "--all", "--channel", "inbox") == {"keys": [dead]}
    assert answer("delivery", "list", "--dead") == []


@pytest.mark.parametrize(
    "words",
    [("replay",), ("replay", "--all", "k"), ("replay", "k", "--channel", "x"), ("list", "--channel", "x")],
)
def test_options_that_do_not_go_together_are_refused(home, typed, words) -> None:
    assert typed("delivery", *words).exit_code == 2
