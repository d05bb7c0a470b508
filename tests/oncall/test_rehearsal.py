"""Tests of playing an escalation through without calling anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.domain.severity import Severity
from tocsin.oncall.rehearsal import Occasion, Rehearsal, rehearse
from tocsin.oncall.roster import Roster

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def play(roster: Roster, severity: Severity = Severity.P1, **given: Any) -> Rehearsal:
    return rehearse(roster, Occasion(**{"labels": {}, "severity": severity, "at": NOON, **given}))


def calls(played: Rehearsal) -> list[tuple[float, str, str]]:
    return [((page.at - NOON).total_seconds() / 60, page.person, page.policy) for page in played.pages]


def test_the_whole_ladder_is_shown_up_to_the_end_of_the_first_round(teams: Roster) -> None:
    played = play(teams)
    assert calls(played) == [
        (0, "ben", "default"),
        (5, "ben", "default"),
        (5, "ada", "default"),
        (10, "chidi", "default"),
        (10, "ben", "default"),
        (10, "dana", "default"),
    ]
    assert played.ending.endswith("The calls begin anew.")
    assert played.pages[0].reason.startswith("INC-0 is P1 Critical, step 1 of 3: Ben is primary on call")


def test_it_ends_with_the_acknowledgement(teams: Roster) -> None:
    played = play(teams, acknowledged_after=timedelta(minutes=7))
    assert [person for _, person, _ in calls(played)] == ["ben", "ben", "ada"]
    assert "was acknowledged by somebody" in played.ending


def test_where_several_must_acknowledge_it_ends_when_all_have(teams: Roster) -> None:
    played = play(teams, labels={"team": "payments"}, acknowledged_after=timedelta(minutes=1))
    assert calls(played) == [(0, "chidi", "payments")]


def test_a_policy_that_repeats_shows_one_round_and_one_that_hands_over_goes_on(teams: Roster) -> None:
    played = play(teams, labels={"team": "payments"})
    assert {policy for _, _, policy in calls(played)} == {"payments"}
    assert (played.policy, "begin anew" in played.ending) == ("payments", True)
    assert [gap.reason.split(": ")[1] for gap in played.gaps] == [
        "there is no secondary in the schedule “payments”, only chidi is on call."
    ]


def test_handing_over_is_followed(teams: Roster) -> None:
    brief = replace(teams.policy("brief"), hand_over="default")
    handing = replace(teams, policies={**teams.policies, "brief": brief})
    played = play(handing, type="drift")
    assert calls(played)[:2] == [(0, "dana", "brief"), (5, "ben", "default")]
    assert calls(play(teams, type="drift")) == [(0, "dana", "brief")]


def test_business_time_is_waited_for(teams: Roster) -> None:
    played = play(teams, Severity.P3)
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert [(page.at, page.person) for page in played.pages] == [(monday, "ada")]


def test_rooms_are_shown_once_for_the_opening_and_again_for_each_step(teams: Roster) -> None:
    told = [
        ((one.at - NOON).total_seconds() / 60, one.event.value, one.contact.address)
        for one in play(teams).told
    ]
    assert told == [
        (0, "opened", "C0INC"),
        (0, "opened", "C0WARN"),
        (5, "escalated", "C0INC"),
        (10, "escalated", "C0INC"),
    ]
    assert [one.contact.address for one in play(teams, Severity.P4).told] == ["C0WARN"]


def test_a_severity_that_calls_nobody_says_so(roster: Roster) -> None:
    played = play(roster, Severity.P4)
    assert (played.pages, played.ending) == ([], "P4 Low calls nobody by the policy default.")
