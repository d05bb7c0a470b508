"""Stories of messages that belong to no incident."""

from __future__ import annotations

from nouns import later
from tocsin.domain.job import JobState
from tocsin.domain.person import Contact
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.flow.letters import Letter, post

LIST = Letter(
    event="digest", subject="P4 incidents", text="INC-1\nINC-2", link="https://t.example", person=""
)
ROOM = Contact(channel="slack", address="C1")


def posted(story, name: str = "") -> str:
    with story.store.transaction() as shelves:
        return post(shelves, LIST, ROOM, later(0), name)


def test_a_letter_is_sent_once_and_written_down(story) -> None:
    key = posted(story, "digest-march")
    assert posted(story, "digest-march") == key == "letter-digest-march"
    (job,) = story.claim("deliver.slack")
    made = story.outgoing(job)
    assert (made.address, made.message.subject, made.message.text) == ("C1", "P4 incidents", "INC-1\nINC-2")
    assert (made.message.event, made.message.attempt) == ("digest", 1)
    story.settle(job, Receipt("ok"))
    assert [entry.kind for entry in story.log()] == ["notice.requested", "notice.delivered"]
    assert [job.key for job in story.jobs(JobState.DONE)] == [key]


def test_letters_without_a_name_are_each_sent(story) -> None:
    assert posted(story) != posted(story)


def test_a_letter_that_fails_is_tried_again_and_then_dead(story) -> None:
    key = posted(story)
    (job,) = story.claim("deliver.slack")
    story.settle(job, DeliveryFailed(FailureKind.RETRY_LATER, "503"))
    with story.store.reading() as shelves:
        assert shelves.jobs.get(key).run_at == later(2)
    story.clock.push(later(2) - later(0))
    (job,) = story.claim("deliver.slack")
    story.settle(job, DeliveryFailed(FailureKind.REFUSED, "no such channel"))
    assert [job.key for job in story.jobs(JobState.DEAD)] == [key]
    assert "no such channel" in story.log()[-1].facts["reason"]
