"""Stories of people who show that they can be reached."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tocsin.domain.errors import NotFound
from tocsin.domain.ports.delivery import Receipt
from tocsin.flow.ready import Ready
from tocsin.oncall.readiness import ReadinessLinkRefused


@pytest.fixture
def ready(story) -> Ready:
    return Ready(story.store, story.clock, story.call.roster, b"k" * 32, "https://t.example")


def links(story) -> dict[str, tuple[object, str]]:
    """Send what waits; return by address the id and the token in each link."""
    found = {}
    for job in story.claim("deliver.slack", "deliver.smtp"):
        made = story.outgoing(job)
        assert made.message.link in made.message.text
        test_id, token = made.message.link.removeprefix("https://t.example/ready/").split("/")
        found[made.address] = (test_id, token)
        story.settle(job, Receipt("ok"))
    return found


def verified(story, ready) -> list[tuple[str, str]]:
    with story.store.reading() as shelves:
        found = ready.standing(shelves)
    return [(each.person, each.contact.channel) for each in found if each.is_verified]


def test_each_contact_gets_a_test_and_its_link_confirms_it(story, ready) -> None:
    sent = ready.test("cli:root", "ben")
    assert [(each.person, each.contact.channel) for each in sent] == [("ben", "slack"), ("ben", "smtp")]
    test_id, token = links(story)["@ben"]
    assert ready.read(test_id, token).person == "ben"
    assert verified(story, ready) == []
    ready.confirm(test_id, token)
    assert verified(story, ready) == [("ben", "slack")]
    told = [entry.facts["text"] for entry in story.log() if entry.kind == "oncall.readiness"]
    assert told == ["ben is asked to confirm a test message.", "ben confirmed a test message by slack."]
    story.clock.push(timedelta(days=90))
    assert verified(story, ready) == []


def test_confirming_twice_changes_nothing(story, ready) -> None:
    ready.test("ada", "ben")
    test_id, token = links(story)["@ben"]
    ready.confirm(test_id, token)
    lines = len(story.log())
    story.clock.push(timedelta(hours=1))
    ready.confirm(test_id, token)
    assert len(story.log()) == lines


def test_everybody_can_be_asked_at_once(story, ready) -> None:
    assert {each.person for each in ready.test("ada")} == {"ada", "ben"}


def test_a_stranger_or_a_wrong_link_confirms_nothing(story, ready) -> None:
    with pytest.raises(NotFound, match="'eve' is not in"):
        ready.test("ada", "eve")
    ready.test("ada", "ben")
    test_id, token = links(story)["@ben"]
    with pytest.raises(ReadinessLinkRefused):
        ready.confirm(test_id, token[:-1])
    with pytest.raises(NotFound, match="belongs to no test"):
        ready.confirm(uuid4(), token)
    assert verified(story, ready) == []
