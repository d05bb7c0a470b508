"""Stories of a page on its way: contact after contact, in need, and no more than a person can bear."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import later
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.flow.bundles import NotNeeded
from tocsin.flow.paging import pace_kind

LATER = DeliveryFailed(FailureKind.RETRY_LATER, "503", status=503)
REFUSED = DeliveryFailed(FailureKind.REFUSED, "gone", status=410)

RULES = """
people:
  ben:
    name: Ben
    contacts:
      - {channel: slack, address: UBEN}
      - {channel: voice, address: "+1"}
      - {channel: smtp, address: b@x.org}
    rules:
      important: [{after: 0m, by: [slack]}, {after: 2m, by: [voice]}]
  ada: {name: Ada, contacts: [{channel: slack, address: UADA}, {channel: smtp, address: a@x.org}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 10m, page: secondary, by: [slack], fallback: [smtp]}]
  P2: [{after: 0m, page: primary, by: [smtp]}]
"""


@pytest.fixture
def rules_story(told_story):
    return told_story(RULES)


def ways(story) -> list[tuple[str, str, float, str]]:
    """Return each message of pages: to whom, by what, when it is due, and how far it is."""
    sent = [each for each in story.deliveries() if each.page_id]
    with story.store.reading() as shelves:
        found = [(each, shelves.jobs.get(each.key).run_at) for each in sent]
    return [
        (each.person, each.channel, (due - later(0)).total_seconds(), each.state.value) for each, due in found
    ]


def claim_one(story, channel: str):
    (job,) = story.claim(f"deliver.{channel}")
    return job


def test_a_persons_rules_spread_the_contacts_over_time(rules_story, report) -> None:
    rules_story.hear(report(7200))
    assert ways(rules_story) == [
        ("ben", "slack", 0, "waiting"),
        ("ben", "voice", 120, "waiting"),
        ("ben", "smtp", 60, "waiting"),
    ]


def test_what_waits_says_until_when_and_for_what(rules_story, report) -> None:
    rules_story.hear(report(7200))
    assert [each.answer for each in rules_story.deliveries() if each.page_id] == [
        "",
        "planned for 12:02:00 UTC",
        "only if no other message of the page has arrived, at 12:01:00 UTC",
    ]


def test_an_acknowledgement_takes_back_what_is_not_due_yet(rules_story, report) -> None:
    rules_story.hear(report(7200))
    rules_story.settle(claim_one(rules_story, "slack"), Receipt("ok"))
    rules_story.push(10)
    rules_story.call.acknowledge(rules_story.incident().incident_id, "ben")
    assert [state for _, _, _, state in ways(rules_story)] == ["delivered", "not needed", "not needed"]
    assert rules_story.claim("deliver.voice", "deliver.smtp") == ()
    rules_story.push(600)
    assert rules_story.claim("deliver.voice", "deliver.smtp") == ()


def test_an_end_takes_back_what_is_not_due_yet(rules_story, report) -> None:
    rules_story.hear(report(7200))
    rules_story.push(10)
    rules_story.hear(report(0))
    assert [state for _, channel, _, state in ways(rules_story) if channel != "slack"] == ["not needed"] * 2


def test_a_channel_that_fails_hands_on_to_the_next_at_once(rules_story, report) -> None:
    rules_story.hear(report(7200))
    rules_story.push(5)
    rules_story.settle(claim_one(rules_story, "slack"), LATER)
    assert [(channel, due) for _, channel, due, _ in ways(rules_story)] == [
        ("slack", 7),
        ("voice", 120),
        ("smtp", 5),
    ]
    rules_story.settle(claim_one(rules_story, "smtp"), REFUSED)
    assert ways(rules_story)[1] == ("ben", "voice", 5, "waiting")
    assert rules_story.kinds().count("page.failed") == 1


def test_what_stands_ready_for_need_is_not_sent_when_another_accepted_the_page(rules_story, report) -> None:
    rules_story.hear(report(7200))
    rules_story.settle(claim_one(rules_story, "slack"), Receipt("ok"))
    rules_story.push(61)
    spare = claim_one(rules_story, "smtp")
    assert rules_story.outgoing(spare) == NotNeeded("another channel has accepted the page")


def test_a_channel_that_stays_silent_is_followed_by_the_next_in_time(rules_story, report) -> None:
    rules_story.hear(report(7200))
    hanging = claim_one(rules_story, "slack")
    rules_story.push(61)
    spare = claim_one(rules_story, "smtp")
    assert rules_story.outgoing(spare).address == "b@x.org"
    rules_story.settle(spare, Receipt("ok"))
    rules_story.settle(hanging, LATER)
    assert ways(rules_story)[1][2] == 120


def test_a_step_that_forces_a_channel_uses_its_fallback_in_need(rules_story, report) -> None:
    rules_story.hear(report(7200))
    rules_story.push(600)
    assert [way[:3] for way in ways(rules_story)][-2:] == [("ada", "slack", 600), ("ada", "smtp", 660)]


def test_a_new_p1_goes_before_all_others_but_its_repeats_are_counted(rules_story, report) -> None:
    story = rules_story
    for number in range(5):
        story.hear(report(7200, service=f"s{number}"))
    assert len([job for job in story.jobs() if job.kind == "deliver.slack" and "held" not in job.args]) == 5
    for job in story.claim("deliver.slack"):
        story.settle(job, Receipt("ok"))
    story.push(600)
    assert [page.person for page in story.pages(5)] == ["ben", "ada"]
    assert story.kinds(5).count("page.held") == 0
    story.push(601)
    assert [page.person for page in story.pages(5)] == ["ben", "ada", "ben"]
    assert [story.kinds(number).count("page.held") for number in range(1, 6)] == [0, 0, 0, 2, 2]


def test_the_administrators_inbox_is_never_held_back(told_story, report) -> None:
    story = told_story("people: {}\nschedule: null\nescalation: {P1: [{after: 0m, page: primary}]}\n")
    for number in range(8):
        story.hear(report(7200, service=f"s{number}"))
    assert len([job for job in story.claim("deliver.inbox") if job.key.startswith("page-")]) == 8


def test_what_no_limit_looks_back_at_any_more_is_forgotten(rules_story, report) -> None:
    story = rules_story
    story.hear(report(7200, severity="high"))
    kind = pace_kind("ben", "smtp")

    def remembered() -> int:
        with story.store.transaction() as shelves:
            story.call.paging.forget_old(shelves, story.clock.now())
            return len(shelves.marks.all(kind))

    assert remembered() == 1
    story.clock.push(timedelta(minutes=16))
    assert remembered() == 0
