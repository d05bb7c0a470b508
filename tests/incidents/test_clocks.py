"""Tests of starting, meeting and missing clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.incident import ClockKind, Incident
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.incidents.clock_policy import DEFAULT_CLOCKS
from tocsin.incidents.clocks import asks_again, met, missed, restarted, reviews, started, without_running

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("severity", "due"),
    [
        (Severity.P1, [("acknowledge", at(5)), ("engage", at(15))]),
        (Severity.P2, [("acknowledge", at(30))]),
        (Severity.P3, [("acknowledge", datetime(2026, 11, 23, 17, tzinfo=UTC))]),
        (Severity.P4, []),
    ],
)
def test_each_severity_has_its_clocks_from_the_opening(
    severity: Severity, due: list[tuple[str, datetime]]
) -> None:
    clocks = started(severity, NOW, DEFAULT_CLOCKS)
    assert [(clock.kind, clock.due_at) for clock in clocks] == due
    assert all(clock.started_at == NOW and clock.is_running for clock in clocks)


def test_a_resolved_incident_has_two_review_clocks_which_keep_their_inputs() -> None:
    early, late = reviews(Severity.P3, NOW, DEFAULT_CLOCKS)
    assert (early.due_at, late.due_at) == (NOW + timedelta(hours=48), datetime(2026, 11, 27, 17, tzinfo=UTC))
    assert "within 48 h" in early.consequence
    assert "5 business days (mon tue wed thu fri until 17:00 in UTC, no holidays)" in late.consequence
    assert reviews(Severity.P4, NOW, DEFAULT_CLOCKS) == ()


def test_a_clock_is_met_once(incident: Incident) -> None:
    first = met(incident, ClockKind.ACKNOWLEDGE, at(2), "ben")
    assert [(entry.kind, entry.text, entry.actor) for entry in first.entries] == [
        (Happening.CLOCK_MET, "The acknowledge clock was met.", "ben")
    ]
    acknowledge, engage = first.incident.clocks
    assert (acknowledge.met_at, acknowledge.missed_at) == (at(2), None)
    assert engage.is_running
    assert met(first.incident, ClockKind.ACKNOWLEDGE, at(3)).entries == ()


def test_meeting_a_clock_that_is_not_there_changes_nothing(incident: Incident) -> None:
    assert met(incident, ClockKind.REVIEW, at(99)).incident is incident


def test_a_clock_met_late_is_missed_first(incident: Incident) -> None:
    late = met(incident, ClockKind.ACKNOWLEDGE, at(6), "ben")
    assert [entry.kind for entry in late.entries] == [Happening.CLOCK_MISSED, Happening.CLOCK_MET]
    assert late.entries[1].text == "The acknowledge clock was met late."
    assert (late.incident.clocks[0].missed_at, late.incident.clocks[0].met_at) == (at(6), at(6))


def test_a_clock_is_missed_exactly_once_and_not_before_its_deadline(incident: Incident) -> None:
    assert missed(incident, at(5) - timedelta(microseconds=1)).entries == ()
    first = missed(incident, at(5))
    assert [entry.text for entry in first.entries] == [
        "The acknowledge clock of on-call was due at 2026-11-20 12:05:00 UTC and was missed: "
        "the miss is recorded and the escalation goes on (within 5 min)."
    ]
    assert first.entries[0].automated
    assert missed(first.incident, at(6)).entries == ()
    assert [entry.kind for entry in missed(first.incident, at(15)).entries] == [Happening.CLOCK_MISSED]


def test_a_worse_severity_never_gives_more_time(incident: Incident) -> None:
    p2 = replace(incident, severity=Severity.P2, clocks=started(Severity.P2, NOW, DEFAULT_CLOCKS))
    soon = restarted(p2, Severity.P1, at(3), DEFAULT_CLOCKS)
    assert [(clock.kind, clock.due_at) for clock in soon.clocks] == [
        ("acknowledge", at(8)),
        ("engage", at(18)),
    ]
    late = restarted(p2, Severity.P1, at(28), DEFAULT_CLOCKS)
    assert [(clock.kind, clock.due_at) for clock in late.clocks] == [
        ("acknowledge", at(30)),
        ("engage", at(43)),
    ]


def test_a_better_severity_gives_its_own_time(incident: Incident) -> None:
    assert [clock.due_at for clock in restarted(incident, Severity.P2, at(3), DEFAULT_CLOCKS).clocks] == [
        at(33)
    ]
    assert restarted(incident, Severity.P4, at(3), DEFAULT_CLOCKS).clocks == ()


def test_settled_and_review_clocks_stay_as_they_are(incident: Incident) -> None:
    review = reviews(Severity.P1, NOW, DEFAULT_CLOCKS)
    settled = missed(incident, at(5)).incident
    again = restarted(replace(settled, clocks=(*settled.clocks, *review)), Severity.P2, at(6), DEFAULT_CLOCKS)
    assert again.clocks == (settled.clocks[0], *review)


def test_an_acknowledged_incident_is_not_asked_to_acknowledge_again(incident: Incident) -> None:
    answered = replace(incident, severity=Severity.P4, clocks=(), acknowledged_at=NOW, acknowledged_by="ben")
    assert [clock.kind for clock in restarted(answered, Severity.P1, at(1), DEFAULT_CLOCKS).clocks] == [
        "engage"
    ]


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        pytest.param(Severity.P3, Severity.P1, True, id="from days to minutes"),
        pytest.param(Severity.P4, Severity.P2, True, id="from no clock to minutes"),
        pytest.param(Severity.P2, Severity.P1, False, id="from minutes to fewer minutes"),
        pytest.param(Severity.P4, Severity.P3, False, id="from no clock to days"),
        pytest.param(Severity.P3, Severity.P4, False, id="from days to no clock"),
    ],
)
def test_an_acknowledgement_given_at_leisure_does_not_hold_for_an_emergency(
    incident: Incident, before: Severity, after: Severity, again: bool
) -> None:
    stands = replace(incident, severity=before, acknowledged_at=NOW, acknowledged_by="ben")
    assert asks_again(stands, after, DEFAULT_CLOCKS) is again
    assert not asks_again(replace(stands, acknowledged_at=None), after, DEFAULT_CLOCKS)


def test_an_incident_that_must_be_acknowledged_again_has_a_new_clock(incident: Incident) -> None:
    p3 = replace(incident, severity=Severity.P3, clocks=started(Severity.P3, NOW, DEFAULT_CLOCKS))
    answered = met(p3, ClockKind.ACKNOWLEDGE, at(1)).incident
    clocks = restarted(answered, Severity.P1, at(60), DEFAULT_CLOCKS).clocks
    assert [(clock.kind, clock.is_running) for clock in clocks] == [
        ("acknowledge", False),
        ("acknowledge", True),
        ("engage", True),
    ]
    assert clocks[1].due_at == at(65)


def test_running_clocks_can_be_ended_and_settled_ones_stay(incident: Incident) -> None:
    half = met(incident, ClockKind.ACKNOWLEDGE, at(1)).incident
    kept = without_running(half, ClockKind.ACKNOWLEDGE, ClockKind.ENGAGE)
    assert [clock.kind for clock in kept.clocks] == ["acknowledge"]
