"""Tests of each step of an escalation: whom it calls, why, by when, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin.domain.incident import Incident, Status
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.escalation import (
    At,
    Call,
    NobodyAnswered,
    Situation,
    StepDecision,
    Stopped,
    Taken,
    decide_step,
    ends_round,
    first_step_at,
    needed,
    needed_at_last,
    restarts,
    starts,
)
from tocsin.oncall.people import ADMINISTRATORS, INBOX
from tocsin.oncall.policies import Policy
from tocsin.oncall.roster import Roster
from tocsin.oncall.waits import Wait
from tocsin.oncall.waves import Wave

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def minute(number: float) -> datetime:
    return BEGAN + timedelta(minutes=number)


def decide(
    roster: Roster,
    incident: Incident,
    step: int,
    at: float,
    *,
    policy: str = "default",
    round_: int = 0,
    acknowledged_by: tuple[str, ...] = (),
    overrides: tuple[Override, ...] = (),
) -> StepDecision:
    stands = At(policy=policy, step=step, started_at=BEGAN, round=round_)
    situation = Situation(now=minute(at), overrides=overrides, acknowledged_by=acknowledged_by)
    return decide_step(roster, incident, stands, situation)


def calls(decision: StepDecision) -> tuple[Call, ...]:
    assert isinstance(decision.outcome, Taken)
    return decision.outcome.calls


def only(decision: StepDecision) -> Call:
    (call,) = calls(decision)
    return call


def with_steps(roster: Roster, severity: Severity, *after: float) -> Roster:
    """Return the roster with the waits of a severity's steps changed, as many steps as waits."""
    policy = roster.policy("default")
    steps = tuple(
        replace(step, after=Wait(elapsed=timedelta(minutes=minutes)))
        for step, minutes in zip(policy.of(severity), after, strict=False)
    )
    return replace(roster, policies={"default": replace(policy, steps={severity: steps})})


def test_the_first_step_calls_the_primary_on_every_contact_and_says_why(
    roster: Roster, incident: Incident
) -> None:
    decision = decide(roster, incident, 0, 0)
    assert decision == StepDecision(
        outcome=Taken(
            calls=(
                Call(
                    step=0,
                    policy="default",
                    person="ben",
                    role="primary",
                    reason="INC-3 is P1 Critical, step 1 of 3: Ben is primary on call until "
                    "2026-11-23 09:00 Europe/Berlin, "
                    "by the weekly rotation in layer “weekly” of schedule “default”.",
                    acknowledge_by=minute(5),
                    waves=(
                        Wave(contact=Contact(channel="slack", address="#oncall")),
                        Wave(contact=Contact(channel="smtp", address="ben@example.org")),
                    ),
                    how="ben has no rule for P1 Critical, so every contact is used. "
                    "By slack at once, smtp at once.",
                ),
            )
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
    assert (only(decision).person, only(decision).role) == (person, role)
    assert only(decision).acknowledge_by == minute(by)
    assert decision.next_step_at == minute(then)


def test_a_small_delay_does_not_move_the_steps_that_follow(roster: Roster, incident: Incident) -> None:
    assert decide(roster, incident, 1, 5.5).next_step_at == minute(10)


def test_steps_missed_together_are_not_fired_together(roster: Roster, incident: Incident) -> None:
    late = decide(roster, incident, 1, 40)
    assert only(late).acknowledge_by == late.next_step_at == minute(45)


def test_an_only_step_gives_five_minutes(roster: Roster, incident: Incident) -> None:
    decision = decide(roster, replace(incident, severity=Severity.P2), 0, 0)
    assert only(decision).acknowledge_by == decision.next_step_at == minute(5)


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


def test_where_two_must_acknowledge_one_alone_does_not_stop_the_calls(
    teams: Roster, incident: Incident
) -> None:
    one = replace(incident, acknowledged_at=BEGAN, acknowledged_by="chidi")
    going_on = decide(teams, one, 1, 5, policy="payments", acknowledged_by=("chidi",))
    assert [call.person for call in calls(going_on)] == ["dana"]
    over = decide(teams, one, 1, 5, policy="payments", acknowledged_by=("chidi", "dana"))
    assert isinstance(over.outcome, Stopped)
    assert "was acknowledged by chidi, dana" in over.outcome.reason
    payments = teams.policy("payments")
    stands = [At(policy="payments", step=step, started_at=BEGAN) for step in (0, 1, 2)]
    assert [needed(payments, Severity.P1, at) for at in stands] == [1, 2, 2]


def test_a_new_round_and_the_policy_handed_over_to_ask_for_as_many_as_was_asked_before(
    teams: Roster, incident: Incident
) -> None:
    one = replace(incident, acknowledged_at=BEGAN, acknowledged_by="chidi")
    for round_, person in ((0, "dana"), (1, "ben")):
        over = decide(teams, one, 2, 10, policy="payments", round_=round_, acknowledged_by=("chidi",)).outcome
        assert isinstance(over, NobodyAnswered)
        assert over.reason.startswith("Only 1 of 2 needed have acknowledged INC-3 (P1 Critical): all 2 steps")
        assert over.next is not None
        assert over.next.needs == 2
        situation = Situation(now=minute(10), acknowledged_by=("chidi",))
        following = decide_step(teams, one, replace(over.next, step=1), situation)
        assert person in [call.person for call in calls(following)]
        both = replace(situation, acknowledged_by=("chidi", "ben"))
        assert isinstance(decide_step(teams, one, over.next, both).outcome, Stopped)


def test_once_every_step_was_taken_the_most_of_all_policies_is_needed(teams: Roster) -> None:
    policies = [teams.policy(name) for name in ("payments", "default", "brief")]
    assert [needed_at_last(teams, policy, Severity.P1) for policy in policies] == [2, 1, 1]
    grave = replace(teams.policy("default"), steps={Severity.P1: teams.policy("payments").of(Severity.P1)})
    handed = replace(teams, policies={**teams.policies, "default": grave})
    brief = replace(teams.policy("brief"), hand_over="default")
    assert needed_at_last(handed, brief, Severity.P1) == 2


def test_who_has_acknowledged_is_not_called_again(teams: Roster, incident: Incident) -> None:
    one = replace(incident, acknowledged_at=BEGAN, acknowledged_by="dana")
    decision = decide(teams, one, 1, 5, policy="payments", acknowledged_by=("dana",))
    assert calls(decision) == ()
    assert decision.next_step_at == minute(10)


def test_without_a_schedule_the_administrators_inbox_is_paged(roster: Roster, incident: Incident) -> None:
    bare = replace(roster, schedules={}, people={})
    for step in range(3):
        call = only(decide(bare, incident, step, 5 * step))
        assert call.person == ADMINISTRATORS
        assert call.waves == (Wave(contact=Contact(channel=INBOX, address=ADMINISTRATORS)),)
        assert "oncall.yml has no schedule" in call.reason


def test_a_step_without_anybody_is_said_aloud_and_the_next_follows_at_once(
    roster: Roster, incident: Incident
) -> None:
    mute = replace(roster, people={**roster.people, "ben": replace(roster.people["ben"], contacts=())})
    decision = decide(mute, incident, 0, 0)
    assert decision.next_step_at == BEGAN
    assert isinstance(decision.outcome, Taken)
    (missing,) = decision.outcome.missing
    assert (missing.step, missing.role) == (0, "primary")
    assert "Ben is primary on call until" in missing.reason
    assert missing.reason.endswith("But there is no contact in oncall.yml.")


def test_a_rotation_of_one_has_no_secondary_and_says_so(roster: Roster, incident: Incident) -> None:
    assert roster.schedule is not None
    (layer,) = roster.schedule.layers
    alone = replace(roster.schedule, layers=(replace(layer, people=("ben",)),))  # type: ignore[arg-type]
    decision = decide(replace(roster, schedules={"default": alone}), incident, 2, 10)
    assert isinstance(decision.outcome, Taken)
    (missing,) = decision.outcome.missing
    assert missing.reason.endswith("there is no secondary in the schedule “default”, only ben is on call.")
    assert decision.next_step_at == minute(15)


def test_a_step_that_reaches_some_names_those_it_cannot_reach_and_keeps_its_time(
    teams: Roster, incident: Incident
) -> None:
    people = {**teams.people, "dana": replace(teams.people["dana"], contacts=())}
    decision = decide(replace(teams, people=people), incident, 2, 10)
    assert isinstance(decision.outcome, Taken)
    assert [call.person for call in decision.outcome.calls] == ["chidi", "ben"]
    assert ["Dana" in missing.reason for missing in decision.outcome.missing] == [True]
    assert decision.next_step_at == minute(15)


def test_one_person_behind_two_targets_is_called_once(teams: Roster, incident: Incident) -> None:
    twice = teams.policy("default").of(Severity.P1)[1]
    doubled = replace(twice, page=(*twice.page, *twice.page))
    policy = replace(teams.policy("default"), steps={Severity.P1: (doubled,)})
    found = calls(decide(replace(teams, policies={"default": policy}), incident, 0, 5))
    assert [(call.person, call.role) for call in found] == [("ben", "primary"), ("ada", "secondary")]


def test_a_step_that_forces_channels_says_so_of_whom_it_cannot_use_them(
    teams: Roster, incident: Incident
) -> None:
    people = {**teams.people, "dana": replace(teams.people["dana"], contacts=teams.people["ada"].contacts)}
    decision = decide(replace(teams, people=people), incident, 2, 10)
    reasons = {call.person: call.reason for call in calls(decision)}
    assert reasons["dana"].endswith("The step asks for smtp, which dana has not; all others are used.")
    assert "asks for" not in reasons["chidi"]


def test_a_policy_that_is_not_the_default_is_named(teams: Roster, incident: Incident) -> None:
    call = only(decide(teams, incident, 0, 0, policy="payments"))
    assert call.reason.startswith("INC-3 is P1 Critical, policy payments, step 1 of 2: Chidi is primary")
    assert call.policy == "payments"


def test_rooms_that_a_step_names_come_along_and_a_step_that_only_tells_shouts_at_nobody(
    teams: Roster, incident: Incident
) -> None:
    quiet = replace(incident, severity=Severity.P4)
    decision = decide(teams, quiet, 0, 0)
    assert isinstance(decision.outcome, Taken)
    assert (decision.outcome.calls, decision.outcome.missing) == ((), ())
    assert [room.address for room in decision.outcome.tell] == ["C0WARN"]
    assert decide(teams, quiet, 1, 5) == StepDecision(outcome=NobodyAnswered(reason="", next=None))


def test_an_override_decides_who_is_called(teams: Roster, incident: Incident) -> None:
    instead = Override(
        override_id=UUID(int=7),
        schedule="default",
        kind=OverrideKind.REPLACE,
        state=OverrideState.TAKEN,
        starts_at=minute(-60),
        ends_at=minute(60),
        person="dana",
        instead_of="ben",
        asked_by="ben",
        created_at=minute(-90),
    )
    assert only(decide(teams, incident, 0, 0, overrides=(instead,))).person == "dana"


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
            next=At(policy="default", step=0, started_at=minute(at), round=1),
        )
    )


def test_a_new_round_calls_at_once_also_where_the_first_step_waits(
    roster: Roster, incident: Incident
) -> None:
    waiting = with_steps(roster, Severity.P1, 2, 7, 12)
    unanswered = decide(waiting, incident, 3, 17).outcome
    assert isinstance(unanswered, NobodyAnswered)
    assert unanswered.next is not None
    assert unanswered.next.started_at == minute(15)
    first = decide_step(waiting, incident, unanswered.next, Situation(now=minute(17)))
    assert first.next_step_at == minute(22)


def test_a_new_round_waits_for_business_time_again(teams: Roster, incident: Incident) -> None:
    unanswered = decide(teams, replace(incident, severity=Severity.P3), 1, 99).outcome
    assert isinstance(unanswered, NobodyAnswered)
    assert unanswered.next == At(policy="default", step=0, started_at=minute(99), round=1)


def test_a_roster_may_end_after_one_round_but_never_in_silence(roster: Roster, incident: Incident) -> None:
    once = replace(roster, policies={"default": replace(roster.policy("default"), rounds=1)})
    assert decide(once, incident, 2, 10).next_step_at == minute(15)
    decision = decide(once, incident, 3, 15)
    assert isinstance(decision.outcome, NobodyAnswered)
    assert decision.outcome.next is None
    assert decision.outcome.reason.endswith("oncall.yml says `repeat: never`, so nobody more is called.")
    assert decision.next_step_at is None


def test_after_the_last_round_the_policy_that_is_handed_over_to_goes_on(
    teams: Roster, incident: Incident
) -> None:
    again = decide(teams, incident, 2, 10, policy="payments").outcome
    assert isinstance(again, NobodyAnswered)
    assert again.next == At(policy="payments", step=0, started_at=minute(10), round=1, needs=2)
    over = decide(teams, incident, 2, 10, policy="payments", round_=1).outcome
    assert isinstance(over, NobodyAnswered)
    assert over.next == At(policy="default", step=0, started_at=minute(10), needs=2)
    assert over.reason.endswith("Policy default goes on.")


def test_a_policy_that_has_nothing_for_the_severity_is_not_handed_over_to(
    teams: Roster, incident: Incident
) -> None:
    emptied = replace(teams, policies={**teams.policies, "default": Policy(name="default")})
    over = decide(emptied, incident, 2, 10, policy="payments", round_=1).outcome
    assert isinstance(over, NobodyAnswered)
    assert over.next is None
    assert over.reason.endswith("oncall.yml says 2 rounds, so nobody more is called.")


def test_waits_that_cross_are_taken_in_the_order_of_the_steps(teams: Roster, incident: Incident) -> None:
    assert teams.calendars
    day = teams.policy("default").of(Severity.P3)[0]
    hours = replace(day, after=Wait(elapsed=timedelta(hours=1)))
    policy = replace(teams.policy("default"), steps={Severity.P3: (day, hours)})
    crossed = replace(teams, policies={"default": policy})
    quiet = replace(incident, severity=Severity.P3)
    opens = datetime(2026, 11, 23, 8, tzinfo=UTC)
    at = At(policy="default", step=1, started_at=BEGAN)
    decision = decide_step(crossed, quiet, at, Situation(now=opens))
    assert decision.next_step_at == opens + timedelta(minutes=5)


def test_only_the_step_after_all_others_ends_the_round(roster: Roster, incident: Incident) -> None:
    ended = [
        ends_round(roster, incident, At(policy="default", step=step, started_at=BEGAN)) for step in range(4)
    ]
    assert ended == [False, False, False, True]


def test_practice_pages_the_inbox_of_the_person_and_no_channel_outside(
    teams: Roster, incident: Incident
) -> None:
    drill = replace(incident, drill=True)
    found = [*calls(decide(teams, drill, 0, 0)), *calls(decide(teams, drill, 2, 10))]
    assert [(call.person, call.waves) for call in found] == [
        (name, (Wave(contact=Contact(channel=INBOX, address=name)),))
        for name in ("ben", "chidi", "ben", "dana")
    ]
    assert {call.how for call in found} == {"Practice reaches the Inbox only. By inbox at once."}


def test_before_the_schedule_starts_nobody_is_called_and_it_says_so(
    roster: Roster, incident: Incident
) -> None:
    early = decide(roster, incident, 0, -30 * 24 * 60)
    assert isinstance(early.outcome, Taken)
    assert "nobody is on call by the schedule “default” now." in early.outcome.missing[0].reason


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
    assert starts(roster.policy(""), severity, before) is begins


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
    after = replace(incident, **change)  # type: ignore[arg-type]
    assert restarts(roster.policy(""), before, after) is begins


def test_the_first_step_may_wait(roster: Roster, teams: Roster) -> None:
    waiting = with_steps(roster, Severity.P2, 2).policy("default")
    assert first_step_at(waiting, Severity.P2, BEGAN) == minute(2)
    assert first_step_at(waiting, Severity.P1, BEGAN) is None
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert first_step_at(teams.policy("default"), Severity.P3, BEGAN) == monday
