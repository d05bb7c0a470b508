"""Tests of the lists that come by the calendar, and of what is handed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.lists import belongs, handover_text, incidents_text, latest, quiet_contact, taken_over
from tocsin.oncall.notices import Digest, DigestOf, Every
from tocsin.oncall.roster import Roster

BERLIN = ZoneInfo("Europe/Berlin")


def digest(every: Every, day: int) -> Digest:
    return Digest(
        of=DigestOf.INCIDENTS,
        every=every,
        day=day,
        at=time(9),
        zone=BERLIN,
        tell=(),
        severities=frozenset({Severity.P4}),
    )


@pytest.mark.parametrize(
    ("every", "day", "now", "at"),
    [
        pytest.param(Every.MONTH, 1, "2026-11-20T12:00", "2026-11-01T08:00", id="this month"),
        pytest.param(Every.MONTH, 28, "2026-03-05T12:00", "2026-02-28T08:00", id="the month before"),
        pytest.param(Every.MONTH, 1, "2026-11-01T07:59", "2026-10-01T07:00", id="the day, too early"),
        pytest.param(Every.MONTH, 1, "2026-11-01T08:00", "2026-11-01T08:00", id="the very minute"),
        pytest.param(Every.WEEK, 0, "2026-11-20T12:00", "2026-11-16T08:00", id="this week"),
        pytest.param(Every.WEEK, 4, "2026-11-20T07:00", "2026-11-13T08:00", id="a week before"),
    ],
)
def test_a_list_was_due_last_by_the_local_calendar(every: Every, day: int, now: str, at: str) -> None:
    found = latest(digest(every, day), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(at).replace(tzinfo=UTC)


def test_the_list_of_incidents_holds_new_ones_and_those_still_open(incident: Incident) -> None:
    since = incident.opened_at
    old = replace(incident, number=1, opened_at=since - timedelta(days=40), acknowledged_by="ada")
    over = replace(old, number=2, status=Status.RESOLVED)
    text = incidents_text(frozenset({Severity.P4}), (incident, old, over), since)
    assert text.splitlines() == [
        "1 incidents of P4 since 2026-11-20, 1 older ones are still open.",
        "INC-1 P1 Critical open, ada has it: API is down",
        "INC-3 P1 Critical open, nobody has it: API is down",
    ]


def test_a_long_list_is_cut_and_says_so(incident: Incident) -> None:
    many = [replace(incident, number=number) for number in range(1, 20)]
    assert incidents_text(frozenset(), many, incident.opened_at).endswith("And 7 more.")


def test_an_incident_belongs_to_the_schedules_that_its_policy_calls_by(
    teams: Roster, incident: Incident
) -> None:
    assert belongs(teams, incident, "default")
    assert not belongs(teams, incident, "payments")
    assert belongs(teams, replace(incident, policy="payments"), "payments")
    assert not belongs(teams, replace(incident, policy="brief"), "default")


def test_who_takes_over_is_told_what_is_open(teams: Roster, incident: Incident) -> None:
    assert teams.schedule is not None
    handover = datetime(2026, 11, 23, 8, tzinfo=UTC)
    before, after = handover - timedelta(minutes=1), handover + timedelta(minutes=1)
    turn = taken_over(teams.schedule, (), before, after)
    assert turn is not None
    text = handover_text(teams.schedule, turn, (incident,))
    assert text.splitlines() == [
        "You are primary on call by the schedule default until 2026-11-30 09:00 Europe/Berlin. "
        "1 incidents are open:",
        "INC-3 P1 Critical open, nobody has it: API is down",
    ]
    assert taken_over(teams.schedule, (), after, after + timedelta(hours=1)) is None
    assert taken_over(teams.schedule, (), before - timedelta(days=30), after) is None


def test_a_hand_over_rings_no_phone(teams: Roster) -> None:
    assert quiet_contact(teams, "ben", frozenset({"slack", "voice"})) == Contact(
        channel="smtp", address="ben@example.org"
    )
    assert quiet_contact(teams, "dana", frozenset({"smtp"})) is None
    assert quiet_contact(teams, "eve", frozenset()) is None
