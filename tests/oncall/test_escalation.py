"""Tests of each step of an escalation: whom it calls, why, by when, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.escalation import (
    Call,
    NobodyAnswered,
    NobodyToPage,
    StepDecision,
    Stopped,
    decide_step,
    ends_round,
    first_step_at,
    restarts,
    starts,
)
from tocsin.oncall.roster import ADMINISTRATORS, INBOX, Roster

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def minute(number: float) -> datetime:
    return BEGAN + timedelta(minutes=number)


def decide(roster: Roster, incident: Incident, step: int, at: float) -> StepDecision:
    return decide_step(roster, incident, step, started_at=BEGAN, now=minute(at))


def test_the_first_step_calls_the_primary_on_every_contact_and_says_why(
    roster: Roster, incident: Incident
) -> None:
    decision = decide(roster, incident, 0, 0)
    assert decision == StepDecision(
        outcome=Call(
            step=0,
            person="ben",
            role="primary",
            reason="INC-3 is P1 Critical, step 1 of 3: Ben is primary on call until 2026-11-23 09:00 "
            "Europe/Berlin (weekly rotation in oncall.yml).",
            acknowledge_by=minute(5),
            contacts=(
                Contact(channel="slack", address="#oncall"),
                Contact(channel="smtp", address="ben@example.org"),
            ),
        ),
        next_step_at=minute(5),
    )


@pytest.mark.parametrize(
    ("step", "at", "person", "role", "by", "then"),
    [
        (0, 0, "ben", "primary", 5, 5),
        (1, 5, "ben", "primary", 10, 10),
        (2, 10, "ada", "secondary", 15, 15),
    ],
)
def test_the_primary_is_called_again_at_5_and_the_secondary_at_10_minutes(
    roster: Roster,
    incident: Incident,
    step: int,
    at: float,
    person: str,
    role: str,
    by: float,
    then: float,
) -> None:
    decision = decide(roster, incident, step, at)
    assert isinstance(decision.outcome, Call)
    assert (decision.outcome.person, decision.outcome.role) == (person, role)
    assert decision.outcome.acknowledge_by == minute(by)
    assert decision.next_step_at == minute(then)


def test_a_small_delay_does_not_move_the_steps_that_follow(roster: Roster, incident: Incident) -> None:
    assert decide(roster, incident, 1, 5.5).next_step_at == minute(10)


def test_steps_missed_together_are_not_fired_together(roster: Roster, incident: Incident) -> None:
    late = decide(roster, incident, 1, 40)
    assert isinstance(late.outcome, Call)
    assert late.outcome.acknowledge_by == late.next_step_at == minute(45)


def test_an_only_step_gives_five_minutes(roster: Roster, incident: Incident) -> None:
    decision = decide(roster, replace(incident, severity=Severity.P2), 0, 0)
    assert isinstance(decision.outcome, Call)
    assert decision.outcome.acknowledge_by == decision.next_step_at == minute(5)


@pytest.mark.parametrize(
    ("change", "step", "reason"),
    [
        pytest.param(
            {"acknowledged_at": BEGAN, "acknowledged_by": "ada"},
            1,
            "was acknowledged by ada",
            id="acknowledged",
        ),
        pytest.param(
            {"acknowledged_at": BEGAN, "acknowledged_by": "ada"}, 3, "by ada", id="acknowledged at the end"
        ),
        pytest.param({"status": Status.RESOLVED}, 1, "is resolved", id="resolved"),
        pytest.param({"status": Status.CLOSED}, 1, "is closed", id="closed"),
        pytest.param({"severity": Severity.P3}, 1, "P3 Medium, a severity that calls nobody", id="lowered"),
    ],
)
def test_an_escalation_stops_and_says_why(
    roster: Roster, incident: Incident, change: dict[str, object], step: int, reason: str
) -> None:
    decision = decide(roster, replace(incident, **change), step, 5)  # type: ignore[arg-type]
    assert isinstance(decision.outcome, Stopped)
    assert reason in decision.outcome.reason
    assert decision.next_step_at is None


def test_without_a_schedule_the_administrators_inbox_is_paged(roster: Roster, incident: Incident) -> None:
    bare = replace(roster, schedule=None, people={})
    for step in range(3):
        outcome = decide(bare, incident, step, 5 * step).outcome
        assert isinstance(outcome, Call)
        assert outcome.person == ADMINISTRATORS
        assert outcome.contacts == (Contact(channel=INBOX, address=ADMINISTRATORS),)
        assert "oncall.yml has no schedule" in outcome.reason


def test_a_step_without_anybody_is_said_aloud_and_the_next_follows_at_once(
    roster: Roster, incident: Incident
) -> None:
    mute = replace(roster, people={**roster.people, "ben": replace(roster.people["ben"], contacts=())})
    assert decide(mute, incident, 0, 0) == StepDecision(
        outcome=NobodyToPage(
            step=0,
            role="primary",
            reason="INC-3 is P1 Critical, step 1 of 3: "
            "ben is primary on call but has no contact in oncall.yml.",
        ),
        next_step_at=BEGAN,
    )
    gone = replace(roster, people={"ada": roster.people["ada"]})
    assert isinstance(decide(gone, incident, 0, 0).outcome, NobodyToPage)


def test_a_rotation_of_one_has_no_secondary_and_says_so(roster: Roster, incident: Incident) -> None:
    assert roster.schedule is not None
    alone = replace(roster, schedule=replace(roster.schedule, people=("ben",)))
    decision = decide(alone, incident, 2, 10)
    assert isinstance(decision.outcome, NobodyToPage)
    assert decision.outcome.reason.endswith("there is no secondary, the rotation has only ben.")
    assert decision.next_step_at == minute(15)


@pytest.mark.parametrize(
    ("severity", "step", "at", "said"),
    [
        pytest.param(Severity.P1, 3, 15, "INC-3 (P1 Critical): all 3 steps", id="in time"),
        pytest.param(Severity.P1, 3, 90, "INC-3 (P1 Critical): all 3 steps", id="late, after a restart"),
        pytest.param(Severity.P2, 1, 5, "INC-3 (P2 High): the only step", id="an only step"),
        pytest.param(Severity.P2, 3, 15, "INC-3 (P2 High): the only step", id="rated lower meanwhile"),
    ],
)
def test_when_nobody_answered_it_is_said_and_the_steps_begin_anew(
    roster: Roster, incident: Incident, severity: Severity, step: int, at: float, said: str
) -> None:
    decision = decide(roster, replace(incident, severity=severity), step, at)
    assert decision == StepDecision(
        outcome=NobodyAnswered(
            reason=f"Nobody answered {said} of the escalation went by. The calls begin anew.",
            started_at=minute(at),
        )
    )


def test_a_new_round_calls_at_once_also_where_the_first_step_waits(
    roster: Roster, incident: Incident
) -> None:
    steps = tuple(
        replace(step, after=step.after + timedelta(minutes=2)) for step in roster.steps[Severity.P1]
    )
    waiting = replace(roster, steps={Severity.P1: steps})
    unanswered = decide(waiting, incident, 3, 17).outcome
    assert isinstance(unanswered, NobodyAnswered)
    assert unanswered.started_at == minute(15)
    first = decide_step(waiting, incident, 0, started_at=minute(15), now=minute(17))
    assert first.next_step_at == minute(22)


def test_a_roster_may_end_after_one_round_but_never_in_silence(roster: Roster, incident: Incident) -> None:
    once = replace(roster, repeats=False)
    assert decide(once, incident, 2, 10).next_step_at == minute(15)
    decision = decide(once, incident, 3, 15)
    assert isinstance(decision.outcome, NobodyAnswered)
    assert decision.outcome.started_at is None
    assert decision.outcome.reason.endswith("oncall.yml says `repeat: never`, so nobody more is called.")
    assert decision.next_step_at is None


def test_only_the_step_after_all_others_ends_the_round(roster: Roster, incident: Incident) -> None:
    assert [ends_round(roster, incident, step) for step in range(4)] == [False, False, False, True]


def test_practice_pages_the_inbox_of_the_person_and_no_channel_outside(
    roster: Roster, incident: Incident
) -> None:
    outcome = decide(roster, replace(incident, drill=True), 0, 0).outcome
    assert isinstance(outcome, Call)
    assert (outcome.person, outcome.contacts) == ("ben", (Contact(channel=INBOX, address="ben"),))


def test_before_the_schedule_starts_nobody_is_called_and_it_says_so(
    roster: Roster, incident: Incident
) -> None:
    early = decide_step(roster, incident, 0, started_at=BEGAN, now=BEGAN - timedelta(days=30))
    assert isinstance(early.outcome, NobodyToPage)
    assert "the schedule starts on 2026-11-16" in early.outcome.reason


@pytest.mark.parametrize(
    ("before", "severity", "begins"),
    [
        pytest.param(None, Severity.P1, True, id="opened at a severity that calls"),
        pytest.param(None, Severity.P3, False, id="opened at one that does not"),
        pytest.param(Severity.P3, Severity.P1, True, id="raised to one that calls"),
        pytest.param(Severity.P2, Severity.P1, True, id="raised to one with other steps"),
        pytest.param(Severity.P1, Severity.P1, False, id="not raised"),
        pytest.param(Severity.P1, Severity.P2, False, id="lowered"),
    ],
)
def test_an_escalation_begins_at_opening_or_when_it_gets_worse(
    roster: Roster, before: Severity | None, severity: Severity, begins: bool
) -> None:
    assert starts(roster, severity, before) is begins


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        pytest.param({}, True, id="raised while nobody has it"),
        pytest.param({"acknowledged_at": BEGAN}, False, id="raised while somebody has it"),
        pytest.param({"status": Status.RESOLVED}, False, id="over"),
        pytest.param({"severity": Severity.P4}, False, id="not raised"),
    ],
)
def test_a_change_calls_anew_only_when_it_got_worse_and_nobody_has_it(
    roster: Roster, incident: Incident, change: dict[str, object], begins: bool
) -> None:
    before = replace(incident, severity=Severity.P3)
    assert restarts(roster, before, replace(incident, **change)) is begins  # type: ignore[arg-type]


def test_the_first_step_may_wait(roster: Roster) -> None:
    later = replace(roster.steps[Severity.P2][0], after=timedelta(minutes=2))
    waiting = replace(roster, steps={Severity.P2: (later,)})
    assert first_step_at(waiting, Severity.P2, BEGAN) == minute(2)
    assert first_step_at(waiting, Severity.P1, BEGAN) is None
