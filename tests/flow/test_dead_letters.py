"""What did not get through is listed with its cause, sent again once, and many of it raise an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nouns import a_delivery
from tocsin.domain.errors import NotFound
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import DeliveryState
from tocsin.flow.dead_letters import DeadLetters
from tocsin.oncall.dead_letters import Cause


@pytest.fixture
def letters(story) -> DeadLetters:
    return DeadLetters(story.store, story.clock, story.take)


def bury(story, *keys: str, **given) -> None:
    """Give up a message for each key, as the worker does."""
    now = story.clock.now()
    told = {"state": DeliveryState.DEAD, "finished_at": now, "requested_at": now, "attempts": 3, **given}
    with story.store.transaction() as shelves:
        for key in keys:
            shelves.pages.add_delivery(a_delivery(key, **told))
            kind = f"deliver.{told.get('channel', 'slack')}"
            shelves.jobs.put(Job(kind=kind, key=key, run_at=now, state=JobState.DEAD, attempts=3))


def dead_of(story, number: int) -> None:
    bury(story, *(f"{story.clock.now():%H%M%S}-{n}" for n in range(number)))


def fired(story) -> set[str]:
    """Return the severities in which the alarm fires now."""
    with story.store.reading() as shelves:
        alerts = shelves.alerts.unresolved(story.clock.now())
    return {each.labels["severity"] for each in alerts if each.labels["alertname"] == "DeadLetters"}


def test_a_dead_message_is_listed_with_cause_age_and_tries(story, letters) -> None:
    bury(story, "a", address="https://hooks.example/secret", answer="retry later: 503", status=503)
    story.push(90)
    (letter,) = letters.listed()
    assert (letter.key, letter.cause, letter.attempts, letter.address) == (
        "a",
        Cause.RECEIVER,
        3,
        "https://hooks.example/…",
    )
    assert letter.age(story.clock.now()) == timedelta(seconds=90)
    assert letters.count() == 1
    assert (letters.count("smtp"), letters.listed(channel="smtp")) == (0, ())


def test_a_dead_job_without_a_message_is_listed_too(story, letters) -> None:
    with story.store.transaction() as shelves:
        dead = Job(
            kind="collect", key="c", run_at=story.clock.now(), state=JobState.DEAD, last_error="no disk"
        )
        shelves.jobs.put(dead)
    (letter,) = letters.listed()
    assert (letter.key, letter.reason, letter.status, letter.incident) == ("c", "no disk", None, "")


def test_it_is_sent_again_once_under_its_key(story, letters) -> None:
    bury(story, "a")
    assert letters.revive(["a"], "ada") == ("a",)
    with story.store.reading() as shelves:
        job = shelves.jobs.get("a")
        assert (job.state, job.attempts, shelves.pages.delivery("a").state) == (
            JobState.READY,
            0,
            DeliveryState.WAITING,
        )
    assert letters.listed() == ()
    (entry,) = [each for each in story.log() if each.kind == "intake.replayed"]
    assert (entry.actor, entry.subject) == ("ada", "a")
    with pytest.raises(NotFound):
        letters.revive(["a"], "ada")


def test_one_that_its_partner_gave_up_after_taking_it_is_sent_again_too(story, letters) -> None:
    bury(story, "a")
    with story.store.transaction() as shelves:
        shelves.jobs.drop("x")
        shelves.jobs.reschedule(replace(shelves.jobs.get("a"), state=JobState.DONE))
    letters.revive(["a"], "ada")
    with story.store.reading() as shelves:
        assert shelves.jobs.get("a").state is JobState.READY


def test_all_of_one_channel_are_sent_again_and_no_others(story, letters) -> None:
    bury(story, "a", "b")
    bury(story, "c", channel="smtp")
    assert set(letters.revive_all("slack", "ada")) == {"a", "b"}
    assert [letter.key for letter in letters.listed()] == ["c"]
    assert letters.revive_all("", "ada") == ("c",)


def test_a_key_that_is_wrong_changes_nothing_of_the_others(story, letters) -> None:
    bury(story, "a")
    with pytest.raises(NotFound):
        letters.revive(["a", "nonsense"], "ada")
    assert letters.count() == 1


def test_more_than_ten_within_the_hour_warn_and_the_alarm_ends_by_itself(story, letters) -> None:
    dead_of(story, 10)
    letters.watch()
    assert fired(story) == set()
    story.push(60)
    dead_of(story, 1)
    letters.watch()
    assert fired(story) == {"warning"}
    for _ in range(62):
        story.push(60)
        letters.watch()
    assert fired(story) == set()


def test_more_than_fifty_are_critical_and_call(story, letters) -> None:
    dead_of(story, 51)
    letters.watch()
    assert fired(story) == {"warning", "critical"}
    assert story.pages()


def test_the_alarms_own_messages_do_not_keep_it_alive(story, letters) -> None:
    dead_of(story, 11)
    letters.watch()
    (incident,) = story.incidents()
    for minute in range(70):
        bury(story, f"own-{minute}", incident_id=incident.incident_id)
        letters.watch()
        story.push(60)
    assert fired(story) == set()
    assert len(story.incidents()) == 1
