"""Tests of reading people, their own rules, teams and named rooms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.pack_file import PackProblem, parse
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import (
    PersonalRules,
    RuleStep,
    read_channels,
    read_named,
    read_people,
    read_teams,
)
from tocsin.oncall.roster import Roster

PERSON = "{name: Ben, contacts: [{channel: slack, address: U1}]%s}"


@pytest.mark.parametrize(
    ("severity", "by"),
    [
        (Severity.P1, [("slack",), ("voice",)]),
        (Severity.P2, [("slack",), ("voice",)]),
        (Severity.P3, [("smtp",)]),
        (Severity.P4, [("slack",)]),
    ],
)
def test_a_severity_has_its_own_rules_else_the_important_or_the_default_ones(
    teams: Roster, severity: Severity, by: list[tuple[str, ...]]
) -> None:
    assert [step.by for step in teams.rules["ben"].of(severity)] == by


def test_important_pages_fall_back_to_the_default_rules_and_then_to_none() -> None:
    step = RuleStep(after=timedelta(), by=("slack",))
    assert PersonalRules(sets={"default": (step,)}).of(Severity.P1) == (step,)
    assert PersonalRules(sets={"important": (step,)}).of(Severity.P4) == ()


def test_a_person_has_contacts_and_rules_in_the_order_of_time() -> None:
    rules = ", rules: {default: [{after: 5m, by: [slack]}, {after: 0m, by: [slack]}]}"
    written = f"{{ben: {PERSON % rules}, ada: {PERSON % ''}}}"
    people, own = read_people(parse(written, "oncall.yml"))
    assert people["ben"].contacts == (Contact(channel="slack", address="U1"),)
    assert [step.after for step in own["ben"].of(Severity.P4)] == [timedelta(), timedelta(minutes=5)]
    assert own.keys() == {"ben"}


def test_a_team_may_have_a_lead() -> None:
    teams = read_teams(parse("{web: {members: [ben], lead: ben}, ops: {members: [ben]}}", "x"), ["ben"])
    assert [(team.name, team.lead) for team in teams.values()] == [("web", "ben"), ("ops", None)]


def test_who_has_no_rules_has_none(teams: Roster) -> None:
    assert "ada" not in teams.rules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{primary: %s}" % (PERSON % ""), "`primary` is not one person", id="a reserved name"),
        pytest.param("{administrators: %s}" % (PERSON % ""), "not one person", id="the administrators"),
        pytest.param("{ben: {name: Ben, contacts: []}}", "ben has no contact", id="no contact"),
        pytest.param("{ben: %s}" % (PERSON % ", rules: {rare: []}"), "`rare` is not known", id="no such set"),
        pytest.param("{ben: %s}" % (PERSON % ", rules: {P1: []}"), "calls by nothing", id="an empty set"),
        pytest.param(
            "{ben: %s}" % (PERSON % ", rules: {P1: [{after: 0m, by: []}]}"), "no channel", id="no channel"
        ),
        pytest.param(
            "{ben: %s}" % (PERSON % ", rules: {P1: [{after: 0m, by: [sms]}]}"),
            "no contact by `sms`",
            id="a channel that the person has not",
        ),
    ],
)
def test_a_person_who_could_not_be_called_is_refused(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        read_people(parse(text, "oncall.yml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{web: {members: []}}", "nobody is in the team web"),
        ("{web: {members: [eve]}}", "`eve` is not listed"),
        ("{web: {members: [ben], lead: eve}}", "`eve` is not listed"),
    ],
)
def test_a_team_is_made_of_people_of_the_file(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        read_teams(parse(text, "oncall.yml"), ["ben"])


def test_a_room_is_named_once_and_found_by_its_name() -> None:
    channels = read_channels(parse("{room: {channel: slack, address: C1}}", "oncall.yml"))
    assert read_named(parse("[room]", "oncall.yml"), channels) == (Contact(channel="slack", address="C1"),)
    assert read_named(parse("room", "oncall.yml"), channels) == (Contact(channel="slack", address="C1"),)
    with pytest.raises(PackProblem, match="`hall` is not listed under `channels`"):
        read_named(parse("hall", "oncall.yml"), channels)
