"""Stories of those who are told: by notice, by route, by step, and how whoever heard of it hears the rest."""

from __future__ import annotations

import pytest

from tocsin.domain.ports.delivery import Receipt
from tocsin.domain.severity import Severity
from tocsin.oncall.follow_ups import Manners

ROOMS = """
people:
  ben: {name: Ben, contacts: [{channel: slack, address: UBEN}, {channel: voice, address: "+1"}]}
  ada: {name: Ada, contacts: [{channel: smtp, address: a@x.org}, {channel: voice, address: "+2"}]}
  chidi: {name: Chidi, contacts: [{channel: voice, address: "+3"}]}
channels:
  incidents: {channel: slack, address: C0INC}
  money: {channel: slack, address: C0MONEY}
  warnings: {channel: slack, address: C0WARN}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
policies:
  default:
    steps:
      P1:
        - {after: 0m, page: [primary, secondary, chidi], tell: [incidents, warnings]}
        - {after: 5m, page: primary, tell: warnings}
      P4: [{after: 0m, tell: warnings}]
routes:
  - {name: money, when: ['team = payments'], tell: money}
notices:
  - {to: incidents, severities: [P1], events: [opened, resolved]}
"""
MANNERS = Manners(keeps_state=frozenset({"slack"}), interrupts=frozenset({"voice"}))


@pytest.fixture
def rooms(told_story):
    return told_story(ROOMS, MANNERS)


def deliver_all(story) -> list[tuple[str, str, str, str]]:
    """Send what is due; return event, channel, address, and the message that it was to change."""
    sent = []
    for job in story.claim("deliver.slack", "deliver.smtp", "deliver.voice", "deliver.inbox"):
        made = story.outgoing(job)
        if hasattr(made, "message"):
            channel = job.kind.partition(".")[2]
            sent.append((made.message.event, channel, made.address, made.message.thread))
            reference = made.message.thread or f"{made.address}:1" if channel == "slack" else ""
            story.settle(job, Receipt("ok", reference))
        else:
            story.settle(job, made)
    return sent


def test_rooms_of_the_file_of_the_route_and_of_the_first_step_hear_of_the_opening_once(rooms, report) -> None:
    rooms.hear(report(7200, team="payments"))
    told = [(event, address) for event, channel, address, _ in deliver_all(rooms) if address.startswith("C")]
    assert told == [("opened", "C0INC"), ("opened", "C0MONEY"), ("opened", "C0WARN")]


def test_a_step_that_only_tells_calls_nobody_and_is_silent_afterwards(rooms, report) -> None:
    rooms.hear(report(7200, severity="low"))
    rooms.push(3600)
    assert [address for _, _, address, _ in deliver_all(rooms)] == ["C0WARN"]
    assert rooms.kinds() == ["incident.opened", "alert.routed", "notice.delivered"]


def test_later_messages_change_the_first_in_place(rooms, report) -> None:
    rooms.hear(report(7200))
    deliver_all(rooms)
    rooms.push(300)
    later = {address: (event, thread) for event, _, address, thread in deliver_all(rooms)}
    assert later["C0INC"] == ("escalated", "C0INC:1")
    assert later["C0WARN"] == ("escalated", "C0WARN:1")
    assert later["UBEN"] == ("escalated", "UBEN:1")


def test_an_update_of_a_persons_own_message_keeps_the_link_by_which_they_answer(rooms, report) -> None:
    rooms.hear(report(7200))
    deliver_all(rooms)
    rooms.push(300)
    made = {made.address: made.message for made in map(rooms.outgoing, rooms.claim("deliver.slack"))}
    assert made["UBEN"].event in ("page", "escalated")
    latest = [page for page in rooms.pages() if page.person == "ben"][-1]
    assert f"/acknowledge/{latest.page_id}/" in made["UBEN"].link
    assert made["C0INC"].link.endswith("/incidents/INC-1")


def test_who_was_paged_hears_who_has_it_but_no_phone_rings_for_that(rooms, report) -> None:
    rooms.hear(report(7200))
    deliver_all(rooms)
    rooms.call.acknowledge(rooms.incident().incident_id, "ben")
    told = deliver_all(rooms)
    assert sorted(told) == [
        ("acknowledged", "slack", "C0INC", "C0INC:1"),
        ("acknowledged", "slack", "C0WARN", "C0WARN:1"),
        ("acknowledged", "slack", "UBEN", "UBEN:1"),
        ("acknowledged", "smtp", "a@x.org", ""),
    ]


def test_the_end_is_told_where_something_stands_and_to_nobody_who_knows_that_it_was_taken(
    rooms, report
) -> None:
    rooms.hear(report(7200))
    deliver_all(rooms)
    rooms.call.acknowledge(rooms.incident().incident_id, "ben")
    deliver_all(rooms)
    rooms.hear(report(0))
    assert sorted(deliver_all(rooms)) == [
        ("resolved", "slack", "C0INC", "C0INC:1"),
        ("resolved", "slack", "C0WARN", "C0WARN:1"),
        ("resolved", "slack", "UBEN", "UBEN:1"),
    ]


def test_an_end_that_nobody_acknowledged_is_told_to_all_who_were_called(rooms, report) -> None:
    rooms.hear(report(7200))
    deliver_all(rooms)
    rooms.hear(report(0))
    assert ("resolved", "smtp", "a@x.org", "") in deliver_all(rooms)


def test_another_severity_is_told_where_something_stands(rooms, report) -> None:
    rooms.hear(report(7200))
    deliver_all(rooms)
    rooms.close.change_severity(rooms.incident().incident_id, Severity.P3, "ada", "smaller")
    told = deliver_all(rooms)
    assert {event for event, _, address, _ in told if address.startswith("C")} >= {"changed"}


def test_a_page_that_arrives_after_the_acknowledgement_is_brought_up_to_date(rooms, report) -> None:
    rooms.hear(report(7200))
    jobs = {job.kind: job for job in rooms.claim("deliver.smtp", "deliver.voice")}
    rooms.call.acknowledge(rooms.incident().incident_id, "ben")
    rooms.settle(jobs["deliver.smtp"], Receipt("ok"))
    assert ("acknowledged", "smtp", "a@x.org", "") in deliver_all(rooms)


def test_people_are_not_told_more_than_they_can_bear_and_the_log_says_so(rooms, report) -> None:
    for number in range(3):
        rooms.hear(report(7200, service=f"s{number}"))
    deliver_all(rooms)
    for number in range(1, 4):
        rooms.call.acknowledge(rooms.incident(number).incident_id, "ben")
    assert [address for event, channel, address, _ in deliver_all(rooms) if channel == "smtp"] == []
    failed = [entry for entry in rooms.log() if entry.kind == "notice.failed"]
    assert len(failed) == 3
    assert "ada had as many messages by smtp lately" in failed[0].facts["reason"]
