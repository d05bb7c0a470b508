"""The auditor finds what fell through, calls people for it, and is quiet where all has its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import an_alert, an_incident
from tocsin.domain.severity import Severity
from tocsin.flow.oversee import Oversee

TWO_MUST = """
people:
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}]}
  ada: {name: Ada, contacts: [{channel: slack, address: "@ada"}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: [primary, secondary], needs: 2}, {after: 5m, page: secondary}]
"""


@pytest.fixture
def oversee(story) -> Oversee:
    made = Oversee(story.store, story.clock, story.take, story.call)
    made.look()
    return made


def looked(story, oversee: Oversee, minutes: int = 1) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for _ in range(minutes):
        story.push(60)
        found = oversee.look()
    return found


def test_an_ordinary_night_has_no_gap(story, oversee, report) -> None:
    story.hear(report(severity="critical"))
    assert looked(story, oversee, 3) == ()
    story.hear(report(severity="none", alertname="Info"))
    assert looked(story, oversee, 3) == ()


def test_an_escalation_that_was_lost_is_found_within_two_minutes_and_calls(story, oversee, report) -> None:
    story.hear(report(severity="critical"))
    incident = story.incident()
    looked(story, oversee)
    with story.store.transaction() as shelves:
        shelves.jobs.drop(f"escalate:{incident.incident_id}")
    (fault,) = looked(story, oversee)
    assert fault.startswith(f"{incident.short_name}: nobody acknowledged it")
    found = [each for each in story.incidents() if each.incident_id != incident.incident_id]
    assert [each.severity for each in found] == [Severity.P1]
    assert "AuditorFoundGap" in {alert.labels["alertname"] for alert in _unresolved(story)}


def test_an_incident_that_too_few_acknowledged_is_found_when_its_next_step_is_lost(
    told_story, report
) -> None:
    story = told_story(TWO_MUST)
    oversee = Oversee(story.store, story.clock, story.take, story.call)
    oversee.look()
    story.hear(report(severity="critical"))
    incident = story.incident()
    story.call.acknowledge(incident.incident_id, "ben")
    assert looked(story, oversee) == ()
    with story.store.transaction() as shelves:
        shelves.jobs.drop(f"escalate:{incident.incident_id}")
    assert looked(story, oversee) == (
        "INC-1: 1 of 2 needed have acknowledged: ben, and no further step is planned.",
    )
    story.call.acknowledge(incident.incident_id, "ada")
    for each in story.incidents()[1:]:
        story.call.acknowledge(each.incident_id, "ben")
        story.call.acknowledge(each.incident_id, "ada")
    assert looked(story, oversee, 3) == ()


def test_the_alarm_ends_when_the_gap_is_closed(story, oversee, report) -> None:
    story.hear(report(severity="critical"))
    incident = story.incident()
    with story.store.transaction() as shelves:
        shelves.jobs.drop(f"escalate:{incident.incident_id}")
    assert looked(story, oversee)
    assert len([each for each in _unresolved(story) if each.labels["alertname"] == "AuditorFoundGap"]) == 1
    for each in story.incidents():
        story.call.acknowledge(each.incident_id, "ben")
    assert looked(story, oversee, 3) == ()
    assert [each for each in _unresolved(story) if each.labels["alertname"] == "AuditorFoundGap"] == []


def test_an_alert_of_which_nothing_became_is_found(story, oversee) -> None:
    with story.store.transaction() as shelves:
        lost = shelves.alerts.add(replace(an_alert(), ends_at=story.clock.now()))
    assert looked(story, oversee, 2) == (
        f"{lost.short_name}: it was accepted, belongs to no incident, and nothing says why.",
    )
    assert looked(story, oversee, 24 * 60 + 5) == ()


def test_an_incident_that_called_nobody_is_found(story, oversee) -> None:
    with story.store.transaction() as shelves:
        number = shelves.incidents.next_number()
        shelves.incidents.add(an_incident(number, severity=Severity.P1))
    found = looked(story, oversee, 2)
    assert f"INC-{number}: it was opened, nobody was called, and nothing says why." in found


def test_what_was_there_before_the_auditor_is_not_judged(story) -> None:
    with story.store.transaction() as shelves:
        shelves.alerts.add(replace(an_alert(), ends_at=story.clock.now()))
    oversee = Oversee(story.store, story.clock, story.take, story.call)
    assert looked(story, oversee, 3) == ()


def _unresolved(story):
    with story.store.reading() as shelves:
        return shelves.alerts.unresolved(story.clock.now())
