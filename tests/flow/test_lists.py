"""Stories of lists that come by the calendar, and of the hand-over to whoever comes on call."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.flow.lists import LOOKED, Lists
from tocsin.flow.ready import Ready

FILE = """
people:
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}]}
  ada: {name: Ada, contacts: [{channel: voice, address: "+1"}, {channel: slack, address: "@ada"}]}
channels: {room: {channel: slack, address: C1}}
schedule: {zone: UTC, rotation: daily, handover: "09:00", starts: 2026-02-28, people: [ada, ben]}
escalation: {P1: [{after: 0m, page: primary}]}
digest:
  - {of: incidents, severities: [P4], tell: room}
  - {of: readiness, tell: room}
"""


@pytest.fixture
def scene(told_story):
    story = told_story(FILE)
    ready = Ready(story.store, story.clock, story.call.roster, b"k" * 32, "https://t.example")
    lists = Lists(
        story.store, story.clock, story.call.roster, ready, "https://t.example", frozenset({"voice"})
    )
    return story, lists


def letters(story) -> list[tuple[str, str]]:
    jobs = [job for job in story.claim("deliver.slack", "deliver.voice") if job.key.startswith("letter-")]
    return [(story.outgoing(job).address, story.outgoing(job).message.subject) for job in jobs]


def test_the_first_look_sends_nothing_and_the_next_what_became_due(scene, report) -> None:
    story, lists = scene
    lists.look()
    story.clock.push(timedelta(hours=1))
    lists.look()
    assert letters(story) == []
    story.clock.push(timedelta(days=1))
    lists.look()
    lists.look()
    assert letters(story) == [("C1", "Who can be reached")]
    story.clock.push(timedelta(days=31))
    story.hear(report(severity="low"))
    lists.look()
    assert ("C1", "Incidents of P4") in letters(story)


def test_who_comes_on_call_is_handed_over_what_is_open_and_only_then(scene, report) -> None:
    story, lists = scene
    lists.look()
    story.clock.push(timedelta(hours=22))
    lists.look()
    assert [subject for _, subject in letters(story) if subject.startswith("You are")] == []
    story.hear(report(10 * 86400))
    story.clock.push(timedelta(hours=24))
    lists.look()
    lists.look()
    handed = [each for each in letters(story) if each[1].startswith("You are")]
    assert handed == [("@ben", "You are on call: 1 open incidents")]
    story.clock.push(timedelta(hours=24))
    lists.look()
    assert ("@ada", "You are on call: 1 open incidents") in letters(story)


def test_a_look_that_finds_nothing_writes_only_now_and_then(scene) -> None:
    story, lists = scene

    def looked() -> bytes:
        lists.look()
        with story.store.reading() as shelves:
            return shelves.marks.of(LOOKED, [LOOKED])[LOOKED]

    first = looked()
    story.clock.push(timedelta(seconds=15))
    assert looked() == first
    story.clock.push(timedelta(minutes=10))
    assert looked() != first
