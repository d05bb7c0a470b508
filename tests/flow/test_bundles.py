"""Stories of pages that were held back, and leave as one message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.page import DeliveryState
from tocsin.domain.ports.delivery import Receipt
from tocsin.flow.bundles import NotNeeded

ONE_WAY = """
people: {ben: {name: Ben, contacts: [{channel: smtp, address: b@x.org}]}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben]}
escalation:
  P1: [{after: 0m, page: primary}]
  P2: [{after: 0m, page: primary}, {after: 30m, page: primary}]
"""


@pytest.fixture
def rules_story(told_story):
    return told_story(ONE_WAY)


def test_a_person_gets_three_messages_by_a_method_and_the_rest_in_one(rules_story, report) -> None:
    story = rules_story
    for number in range(10):
        story.hear(report(7200, severity="high", service=f"s{number}"))
    jobs = story.claim("deliver.smtp")
    assert len(jobs) == 3
    for job in jobs:
        story.settle(job, Receipt("ok"))
    held = [entry for number in range(4, 11) for entry in story.timeline(number) if entry.kind == "page.held"]
    assert len(held) == 7
    assert "waits until 12:15:00 UTC and is then told with others" in held[0].text
    waiting = [each.answer for each in story.deliveries(4) if each.page_id]
    assert waiting == ["held back until 12:15:00 UTC, then told with others"]
    story.clock.push(timedelta(minutes=15))
    jobs = story.claim("deliver.smtp")
    made = [story.outgoing(job) for job in jobs]
    (bundle,) = [one for one in made if not isinstance(one, NotNeeded)]
    assert bundle.message.subject.startswith("7 more pages: INC-4")
    assert bundle.address == "b@x.org"
    for job, one in zip(jobs, made, strict=True):
        story.settle(job, one if isinstance(one, NotNeeded) else Receipt("ok"))
    states = [each.state for number in range(4, 11) for each in story.deliveries(number) if each.page_id]
    assert sorted(states) == [DeliveryState.DELIVERED] + [DeliveryState.NOT_NEEDED] * 6
    story.hear(report(7200, severity="high", service="next"))
    (again,) = story.claim("deliver.smtp")
    assert again.args.get("held") is None


def test_a_page_that_was_acknowledged_is_left_out_of_what_was_held_back(rules_story, report) -> None:
    story = rules_story
    for number in range(5):
        story.hear(report(7200, severity="high", service=f"s{number}"))
    story.call.acknowledge(story.incident(4).incident_id, "ben")
    story.clock.push(timedelta(minutes=15))
    made = [story.outgoing(job) for job in story.claim("deliver.smtp") if "held" in job.args]
    (bundle,) = made
    assert bundle.message.subject.startswith("1 more page: INC-5")


def test_nothing_is_bundled_of_which_nothing_is_left(rules_story, report) -> None:
    story = rules_story
    for number in range(5):
        story.hear(report(7200, severity="high", service=f"s{number}"))
    jobs = [job for job in story.jobs() if "held" in job.args]
    story.clock.push(timedelta(minutes=15))
    for number in (4, 5):
        story.call.acknowledge(story.incident(number).incident_id, "ada")
    assert {story.outgoing(job) for job in jobs} == {
        NotNeeded("all that was held back was acknowledged or is over"),
        NotNeeded("it is told together with others"),
    }


def test_in_a_storm_a_person_gets_three_messages_and_one_for_the_rest_besides_a_new_p1(
    rules_story, report
) -> None:
    story = rules_story
    storm = [report(7200, severity="high", service=f"s{number}") for number in range(300)]
    story.hear(*storm[:150], report(7200, service="till"), *storm[150:])

    def subjects() -> list[str]:
        sent = []
        for job in story.claim("deliver.smtp"):
            made = story.outgoing(job)
            if not isinstance(made, NotNeeded):
                sent.append(made.message.subject.split()[0])
            story.settle(job, made if isinstance(made, NotNeeded) else Receipt("ok"))
        return sent

    assert sorted(subjects()) == ["P1", "P2", "P2", "P2"]
    story.call.acknowledge(story.incident(151).incident_id, "ben")
    assert sum(story.kinds(number).count("page.held") for number in range(1, 302)) == 297
    story.clock.push(timedelta(minutes=15))
    assert [subject for _ in range(4) for subject in subjects()] == ["297"]
