"""Tests of the life of an incident: which moves are allowed, what each writes down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.alert import Alert
from tocsin.domain.incident import ClockKind, Incident, Status
from tocsin.domain.person import Permission
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.incidents import lifecycle
from tocsin.incidents.changed import TOCSIN, Changed
from tocsin.incidents.clock_policy import DEFAULT_CLOCKS
from tocsin.incidents.lifecycle import (
    MAX_TEXT_CHARACTERS,
    MOVES,
    MoveRefused,
    OnlyPeopleClose,
    Opening,
    ReasonMissing,
    TextTooLong,
    UnknownCommander,
    acknowledge,
    alerts_resolved,
    allowed_move,
    assign,
    change_severity,
    is_by_person,
    join,
    moves_from,
    note,
    open_incident,
    quiet,
    spans,
)

A_MINUTE = timedelta(minutes=1)
ALLOWED = {
    (Status.OPEN, Status.INVESTIGATING),
    (Status.OPEN, Status.MITIGATED),
    (Status.OPEN, Status.RESOLVED),
    (Status.INVESTIGATING, Status.MITIGATED),
    (Status.INVESTIGATING, Status.RESOLVED),
    (Status.MITIGATED, Status.INVESTIGATING),
    (Status.MITIGATED, Status.RESOLVED),
    (Status.RESOLVED, Status.INVESTIGATING),
    (Status.RESOLVED, Status.CLOSED),
}


def move(
    incident: Incident, to: Status, now: datetime, *, by: str = "ada", reason: str = "checked"
) -> Changed:
    return lifecycle.move(incident, to, by=by, now=now, policy=DEFAULT_CLOCKS, reason=reason)


def kinds(changed: Changed) -> list[Happening]:
    return [entry.kind for entry in changed.entries]


@pytest.mark.parametrize(
    ("actor", "is_person"),
    [("ada", True), ("cli:root", True), ("token:4", False), ("ada by token:ci", False), ("tocsin", False)],
)
def test_a_person_is_somebody_signed_in_or_at_the_server(
    incident: Incident, actor: str, is_person: bool
) -> None:
    assert is_by_person(actor) is is_person
    refusal = OnlyPeopleClose(incident, Status.CLOSED, actor)
    assert (refusal.code, actor in refusal.happened) == ("only_people_close", True)


@pytest.mark.parametrize("origin", Status)
@pytest.mark.parametrize("to", Status)
def test_only_the_moves_of_the_table_are_possible(
    incident: Incident, now: datetime, origin: Status, to: Status
) -> None:
    stands = replace(incident, status=origin)
    if (origin, to) in ALLOWED:
        assert move(stands, to, now).incident.status is to
    else:
        with pytest.raises(MoveRefused, match=f"is {origin} and cannot become {to}"):
            move(stands, to, now)


def test_closed_is_final_and_says_so(incident: Incident, now: datetime) -> None:
    assert moves_from(Status.CLOSED) == ()
    with pytest.raises(MoveRefused) as caught:
        move(replace(incident, status=Status.CLOSED), Status.OPEN, now)
    assert "closed is final" in caught.value.next_step
    with pytest.raises(MoveRefused) as caught:
        move(incident, Status.CLOSED, now)
    assert caught.value.next_step == "From here it can become: investigating, mitigated, resolved."


def test_closing_takes_a_commander_and_all_else_a_responder(incident: Incident) -> None:
    commands = {one.to for one in MOVES if one.permission is Permission.COMMAND}
    assert commands == {Status.CLOSED}
    assert allowed_move(incident, Status.INVESTIGATING).permission is Permission.RESPOND


@pytest.mark.parametrize(
    ("origin", "to"),
    [
        pytest.param(Status.OPEN, Status.RESOLVED, id="resolved before anybody looked"),
        pytest.param(Status.MITIGATED, Status.INVESTIGATING, id="not mitigated after all"),
        pytest.param(Status.RESOLVED, Status.INVESTIGATING, id="opened again"),
    ],
)
def test_unusual_moves_need_a_reason(incident: Incident, now: datetime, origin: Status, to: Status) -> None:
    with pytest.raises(ReasonMissing, match="without a reason"):
        move(replace(incident, status=origin), to, now, reason="  ")


def test_an_opened_incident_says_what_and_why_and_starts_its_clocks(opening: Opening, now: datetime) -> None:
    opened = open_incident(opening, now, DEFAULT_CLOCKS)
    assert opened.incident.short_name == "INC-3"
    assert opened.incident.status is Status.OPEN
    assert opened.incident.opened_at == now
    assert [clock.kind for clock in opened.incident.clocks] == [ClockKind.ACKNOWLEDGE, ClockKind.ENGAGE]
    (entry,) = opened.entries
    assert entry.text == (
        "Opened as P1 Critical, type service-degradation: API is down\nSeverity P1: prometheus says so."
    )
    assert entry.automated


def test_a_drill_says_that_it_is_one(opening: Opening, now: datetime) -> None:
    drill = open_incident(replace(opening, drill=True, by="ada"), now, DEFAULT_CLOCKS)
    assert drill.incident.drill
    assert drill.entries[0].text.startswith("This is a drill. Opened")
    assert not drill.entries[0].automated


def test_an_alert_joins_with_a_line(incident: Incident, alert: Alert, now: datetime) -> None:
    joined = join(incident, [alert], now, DEFAULT_CLOCKS)
    assert [entry.text for entry in joined.entries] == ["ALR-8 from prometheus joined: ApiDown"]
    assert joined.incident == incident


def test_a_joining_alert_raises_the_severity_and_never_lowers_it(
    incident: Incident, alert: Alert, now: datetime
) -> None:
    assert join(incident, [alert], now, DEFAULT_CLOCKS, Severity.P2).incident.severity is Severity.P1
    p3 = replace(incident, severity=Severity.P3, clocks=())
    raised = join(p3, [alert], now, DEFAULT_CLOCKS, Severity.P1)
    assert raised.incident.severity is Severity.P1
    assert raised.incident.clocks == incident.clocks
    assert raised.entries[1].text == "P3 Medium → P1 Critical because of ALR-8"
    assert raised.entries[1].automated


def test_the_end_of_an_alert_is_written_down(incident: Incident, alert: Alert, now: datetime) -> None:
    ended = alerts_resolved(incident, [alert], now)
    assert kinds(ended) == [Happening.ALERT_RESOLVED]
    assert ended.entries[0].text == "ALR-8 from prometheus ended at 2026-11-20 12:05:00 UTC: ApiDown"


def test_an_acknowledgement_takes_the_incident_and_meets_its_clock(incident: Incident, now: datetime) -> None:
    taken = acknowledge(incident, "ben", now + A_MINUTE, "the link in the page")
    assert taken.incident.status is Status.INVESTIGATING
    assert (taken.incident.acknowledged_by, taken.incident.acknowledged_at) == ("ben", now + A_MINUTE)
    assert taken.incident.commander == "ben"
    assert kinds(taken) == [Happening.ACKNOWLEDGED, Happening.CLOCK_MET]
    assert taken.entries[0].text == "Acknowledged by ben through the link in the page. ben commands it."
    assert taken.incident.next_clock is not None
    assert taken.incident.next_clock.kind is ClockKind.ENGAGE


def test_a_second_acknowledgement_changes_nothing(incident: Incident, now: datetime) -> None:
    taken = acknowledge(incident, "ben", now).incident
    assert acknowledge(taken, "ada", now + A_MINUTE) == Changed(incident=taken)
    closed = replace(taken, status=Status.CLOSED)
    assert acknowledge(closed, "ada", now) == Changed(incident=closed)


def test_an_acknowledgement_leaves_the_commander_and_a_later_status(
    incident: Incident, now: datetime
) -> None:
    stands = replace(incident, status=Status.MITIGATED, commander="ada")
    taken = acknowledge(stands, "ben", now)
    assert (taken.incident.commander, taken.incident.status) == ("ada", Status.MITIGATED)
    assert taken.entries[0].text == "Acknowledged by ben."


def test_a_closed_incident_can_only_be_noted(incident: Incident, alert: Alert, now: datetime) -> None:
    closed = replace(incident, status=Status.CLOSED)
    with pytest.raises(MoveRefused, match="cannot be acknowledged"):
        acknowledge(closed, "ben", now)
    with pytest.raises(MoveRefused, match="cannot be assigned"):
        assign(closed, "ben", by="ada", now=now)
    with pytest.raises(MoveRefused, match="cannot be rated anew"):
        change_severity(closed, Severity.P4, by="ada", now=now, policy=DEFAULT_CLOCKS, reason="x")
    assert kinds(note(closed, "Learned.", by="ada", now=now)) == [Happening.NOTE]


def test_the_command_is_handed_over(incident: Incident, now: datetime) -> None:
    first = assign(incident, "ada", by="ada", now=now)
    assert first.entries[0].text == "ada commands it."
    second = assign(first.incident, "ben", by="ada", now=now)
    assert second.entries[0].text == "ben commands it, before ada."
    assert assign(second.incident, "ben", by="ada", now=now).entries == ()


def test_work_on_an_acknowledged_incident_meets_the_engage_clock(incident: Incident, now: datetime) -> None:
    unseen = note(incident, "Heard of it.", by="ada", now=now)
    assert kinds(unseen) == [Happening.NOTE]
    taken = acknowledge(incident, "ben", now).incident
    assert kinds(note(taken, "by itself", by=TOCSIN, now=now)) == [Happening.NOTE]
    assert kinds(note(taken, "Looking.", by="ben", now=now)) == [Happening.NOTE, Happening.CLOCK_MET]


def test_a_note_is_bounded_and_never_empty(incident: Incident, now: datetime) -> None:
    longest = "x" * MAX_TEXT_CHARACTERS
    assert note(incident, longest, by="ada", now=now).entries[0].text == longest
    with pytest.raises(ReasonMissing, match="empty"):
        note(incident, " \n", by="ada", now=now)


def test_a_text_too_long_for_the_timeline_is_refused_whole(incident: Incident, now: datetime) -> None:
    text = "x" * (MAX_TEXT_CHARACTERS + 1)
    with pytest.raises(TextTooLong, match="20,001 characters"):
        note(incident, text, by="ada", now=now)
    with pytest.raises(TextTooLong):
        move(incident, Status.RESOLVED, now, reason=text)
    with pytest.raises(TextTooLong):
        change_severity(incident, Severity.P4, by="ada", now=now, policy=DEFAULT_CLOCKS, reason=text)


@pytest.mark.parametrize("to", ["", "Ada", "a" * 100_000, "ada\x00", "ada\n", "cli:root", "-ada"])
def test_the_command_goes_only_to_what_can_be_a_username(incident: Incident, now: datetime, to: str) -> None:
    with pytest.raises(UnknownCommander) as refused:
        assign(incident, to, by="ada", now=now)
    assert len(refused.value.happened) < 400


@pytest.mark.parametrize("actor", ["cli:root", "token:4"])
def test_what_is_no_person_stops_the_calls_and_commands_nothing(
    incident: Incident, now: datetime, actor: str
) -> None:
    taken = acknowledge(incident, actor, now, "the API")
    assert (taken.incident.acknowledged_by, taken.incident.commander) == (actor, None)
    assert taken.entries[0].text == f"Acknowledged by {actor} through the API."
    commanded = acknowledge(replace(incident, commander="ada"), actor, now)
    assert commanded.incident.commander == "ada"


def test_lowering_a_severity_needs_a_reason_and_raising_does_not(incident: Incident, now: datetime) -> None:
    with pytest.raises(ReasonMissing, match="lowered to P2 High"):
        change_severity(incident, Severity.P2, by="ada", now=now, policy=DEFAULT_CLOCKS)
    lowered = change_severity(
        incident, Severity.P2, by="ada", now=now, policy=DEFAULT_CLOCKS, reason="one host"
    )
    assert lowered.entries[0].text == "P1 Critical → P2 High because: one host"
    raised = change_severity(lowered.incident, Severity.P1, by="ada", now=now, policy=DEFAULT_CLOCKS)
    assert raised.entries[0].text == "P2 High → P1 Critical"
    assert change_severity(incident, Severity.P1, by="ada", now=now, policy=DEFAULT_CLOCKS).entries == ()


def test_a_raise_to_an_emergency_asks_for_a_new_acknowledgement(
    incident: Incident, alert: Alert, now: datetime
) -> None:
    p3 = acknowledge(replace(incident, severity=Severity.P3, clocks=()), "ben", now).incident
    raised = join(p3, [alert], now, DEFAULT_CLOCKS, Severity.P1)
    assert (raised.incident.acknowledged_at, raised.incident.acknowledged_by) == (None, None)
    assert raised.incident.commander == "ben"
    assert raised.entries[1].text == (
        "P3 Medium → P1 Critical because of ALR-8\nben had acknowledged it at P3 Medium only."
    )
    assert acknowledge(raised.incident, "ada", now).incident.acknowledged_by == "ada"


def test_a_resolved_incident_is_rated_without_new_clocks(incident: Incident, now: datetime) -> None:
    over = replace(incident, status=Status.RESOLVED, clocks=())
    rated = change_severity(over, Severity.P2, by="ada", now=now, policy=DEFAULT_CLOCKS, reason="x")
    assert (rated.incident.severity, rated.incident.clocks) == (Severity.P2, ())


def test_a_person_who_moves_an_incident_has_acknowledged_it(incident: Incident, now: datetime) -> None:
    moved = move(incident, Status.INVESTIGATING, now, by="ben", reason="")
    assert kinds(moved) == [
        Happening.ACKNOWLEDGED,
        Happening.CLOCK_MET,
        Happening.MOVED,
        Happening.CLOCK_MET,
    ]
    assert moved.incident.acknowledged_by == "ben"
    assert moved.entries[2].text == "open → investigating."


def test_resolving_ends_the_running_clocks_and_starts_the_reviews(incident: Incident, now: datetime) -> None:
    taken = acknowledge(incident, "ben", now).incident
    resolved = move(taken, Status.RESOLVED, now + A_MINUTE, by="ben", reason="restarted")
    assert resolved.incident.resolved_at == now + A_MINUTE
    assert resolved.entries[0].text == "investigating → resolved: restarted"
    running = [clock.kind for clock in resolved.incident.clocks if clock.is_running]
    assert running == [ClockKind.REVIEW, ClockKind.REVIEW]


def test_a_deadline_that_passed_before_it_resolved_by_itself_is_still_missed(
    incident: Incident, now: datetime
) -> None:
    late = now + timedelta(minutes=6)
    resolved = move(incident, Status.RESOLVED, late, by=TOCSIN)
    assert kinds(resolved) == [Happening.MOVED, Happening.CLOCK_MISSED]
    assert resolved.incident.acknowledged_at is None
    assert [clock.kind for clock in resolved.incident.clocks] == [
        ClockKind.ACKNOWLEDGE,
        ClockKind.REVIEW,
        ClockKind.REVIEW,
    ]


def test_opening_again_ends_the_review_clocks(incident: Incident, now: datetime) -> None:
    resolved = move(incident, Status.RESOLVED, now).incident
    again = move(resolved, Status.INVESTIGATING, now + A_MINUTE, reason="it is back")
    assert again.incident.resolved_at is None
    assert ClockKind.REVIEW not in [clock.kind for clock in again.incident.clocks]


def test_closing_keeps_the_review_clocks(incident: Incident, now: datetime) -> None:
    resolved = move(incident, Status.RESOLVED, now).incident
    closed = move(resolved, Status.CLOSED, now + A_MINUTE).incident
    assert closed.closed_at == now + A_MINUTE
    assert closed.resolved_at == now
    assert closed.next_clock is not None
    assert closed.next_clock.kind is ClockKind.REVIEW


@pytest.mark.parametrize(
    ("over", "allowed", "status", "resolves"),
    [
        pytest.param(True, True, Status.OPEN, True, id="all over and the type may end by itself"),
        pytest.param(False, True, Status.OPEN, False, id="an alert still fires"),
        pytest.param(True, False, Status.OPEN, False, id="a type that stays until a person decides"),
        pytest.param(True, True, Status.RESOLVED, False, id="resolved already"),
        pytest.param(True, True, Status.MITIGATED, True, id="mitigated"),
    ],
)
def test_a_quiet_incident_resolves_only_if_its_type_may(
    incident: Incident, now: datetime, over: bool, allowed: bool, status: Status, resolves: bool
) -> None:
    stands = replace(incident, status=status)
    changed = quiet(stands, all_alerts_over=over, resolve_when_quiet=allowed, now=now, policy=DEFAULT_CLOCKS)
    assert bool(changed.entries) is resolves
    assert changed.incident.status is (Status.RESOLVED if resolves else status)
    assert all(entry.automated for entry in changed.entries)


@given(st.lists(st.sampled_from(Status), max_size=12))
def test_any_row_of_moves_keeps_the_record_consistent(asked: list[Status]) -> None:
    now = datetime.fromisoformat("2026-11-20T12:00Z")
    opening = Opening(
        incident_id=UUID(int=5),
        number=1,
        title="t",
        severity=Severity.P1,
        type="t",
        group_key="k",
        detected_at=now,
    )
    incident = open_incident(opening, now, DEFAULT_CLOCKS).incident
    for to in asked:
        now += A_MINUTE
        try:
            incident = move(incident, to, now).incident
        except MoveRefused:
            continue
        assert (incident.resolved_at is not None) == (incident.status in (Status.RESOLVED, Status.CLOSED))
        assert (incident.closed_at is not None) == (incident.status is Status.CLOSED)
        assert incident.acknowledged_at is not None


def test_a_person_who_opens_again_what_ended_unanswered_has_it(incident: Incident, now: datetime) -> None:
    ended = move(incident, Status.RESOLVED, now, by=TOCSIN).incident
    assert ended.acknowledged_at is None
    again = move(ended, Status.INVESTIGATING, now, by="ada", reason="it is back").incident
    assert (again.status, again.acknowledged_by, again.commander) == (Status.INVESTIGATING, "ada", "ada")
    closed = move(ended, Status.CLOSED, now, by="ada").incident
    assert closed.acknowledged_at is None


def test_a_burst_that_joins_is_told_in_one_line(incident: Incident, alert: Alert, now: datetime) -> None:
    burst = [replace(alert, number=number) for number in (3, 4, 5, 9, 11, 12)]
    joined = join(incident, burst, now, DEFAULT_CLOCKS)
    assert [entry.text for entry in joined.entries] == [
        "6 alerts joined at once, ALR-3 to ALR-5, ALR-9, ALR-11 to ALR-12. The first: ApiDown"
    ]
    p3 = replace(incident, severity=Severity.P3, clocks=())
    raised = join(p3, burst, now, DEFAULT_CLOCKS, Severity.P1)
    assert raised.entries[1].text == "P3 Medium → P1 Critical because of 6 alerts that joined"


def test_the_ends_of_a_burst_are_told_in_one_line(incident: Incident, alert: Alert, now: datetime) -> None:
    burst = [replace(alert, number=number) for number in (1, 2, 3, 4)]
    ended = alerts_resolved(incident, burst, now)
    assert [entry.text for entry in ended.entries] == ["4 alerts ended, ALR-1 to ALR-4."]
    assert len(alerts_resolved(incident, burst[:3], now).entries) == 3


def test_scattered_numbers_are_not_listed_without_end(alert: Alert) -> None:
    scattered = [replace(alert, number=2 * number) for number in range(1, 31)]
    assert spans(scattered).endswith("ALR-40 and 10 more runs")
