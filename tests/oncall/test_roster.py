"""Tests of reading the on-call file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.notices import RULED, NoticeEvent
from tocsin.oncall.people import ADMINISTRATORS
from tocsin.oncall.policies import TargetKind
from tocsin.oncall.roster import Roster, parse_roster

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline"
BEN = "people: {ben: {name: Ben, contacts: [{channel: smtp, address: b@example.org}]}}\n"
SHIFT = '{zone: UTC, rotation: daily, handover: "09:00", starts: 2026-11-16, people: [ben]}'
ROTA = f"schedule: {SHIFT}\n"
STEPS = "escalation: {}\n"


def test_the_simple_form_is_the_schedule_and_the_policy_named_default(roster: Roster) -> None:
    assert roster.people["ben"].contacts == (
        Contact(channel="slack", address="#oncall"),
        Contact(channel="smtp", address="ben@example.org"),
    )
    assert roster.schedule is not None
    assert (roster.schedule.zone.key, roster.schedule.people) == ("Europe/Berlin", ("ben", "ada"))
    steps = roster.policy("default").of(Severity.P1)
    assert [(step.after.elapsed, step.page[0].kind) for step in steps] == [
        (timedelta(), TargetKind.PRIMARY),
        (timedelta(minutes=5), TargetKind.PRIMARY),
        (timedelta(minutes=10), TargetKind.SECONDARY),
    ]
    assert roster.notices[0].events == frozenset(RULED)
    assert roster.notices[1].events == {NoticeEvent.ESCALATED}


def test_the_long_form_has_several_of_everything(teams: Roster) -> None:
    assert sorted(teams.schedules) == ["default", "payments"]
    assert sorted(teams.policies) == ["brief", "default", "payments"]
    assert (teams.teams["payments"].lead, teams.teams["loose"].lead) == ("chidi", None)
    assert [route.name for route in teams.routes] == ["money", "seen by all", "brief ones"]
    assert teams.limits.of("ntfy") is None
    assert [digest.name for digest in teams.digests] == ["incidents:month:1:0900:UTC:P4"]


def test_only_severities_whose_steps_page_call_a_person(roster: Roster, teams: Roster) -> None:
    assert [severity for severity in Severity if roster.pages(severity)] == [Severity.P1, Severity.P2]
    assert not teams.pages(Severity.P4)
    assert [severity for severity in Severity if teams.pages(severity, "brief")] == [Severity.P1]


def test_a_policy_that_is_not_in_the_file_is_the_default(teams: Roster) -> None:
    assert teams.policy("gone").name == teams.policy("").name == "default"


def test_every_address_of_the_file_is_known_once(teams: Roster) -> None:
    assert len(teams.contacts) == len(set(teams.contacts))
    assert {contact.address for contact in teams.contacts} >= {"C0INC", "C0WARN", "UBEN", "+491"}


def test_the_shipped_roster_works_with_nobody_configured() -> None:
    shipped = parse_roster((SHIPPED / "oncall.yml").read_text("utf-8"), "oncall.yml")
    assert shipped.people == {}
    assert shipped.schedule is None
    assert [severity for severity in Severity if shipped.pages(severity)] == [Severity.P1, Severity.P2]
    assert shipped.notices[0].contact.address == ADMINISTRATORS


def test_the_example_in_the_shipped_readme_is_right() -> None:
    readme = (SHIPPED / "README.md").read_text("utf-8")
    example = readme.split("```yaml\n")[1].split("```")[0]
    roster = parse_roster(example + STEPS, "oncall.yml")
    assert roster.schedule is not None
    assert roster.schedule.people == ("ben", "ada")
    assert roster.notices == ()


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        pytest.param(BEN + STEPS, "`schedule` is missing", 1, id="no schedule"),
        pytest.param(BEN + ROTA, "`escalation` is missing", 1, id="no escalation"),
        pytest.param(
            BEN + ROTA.replace("[ben]", "[eve]") + STEPS, "`eve` is not listed", 2, id="an unknown person"
        ),
        pytest.param(BEN + ROTA.replace("UTC", "Nowhere") + STEPS, "not a time zone", 2, id="no such zone"),
        pytest.param(
            BEN + ROTA + f"schedules: {{default: {SHIFT}}}\n" + STEPS,
            "`default` is written twice",
            2,
            id="two schedules of one name",
        ),
        pytest.param(
            BEN + ROTA + STEPS + "policies: {default: {steps: {}}}\n",
            "`default` is written twice",
            3,
            id="two policies of one name",
        ),
        pytest.param(
            BEN + ROTA + "policies: {web: {steps: {}}}\n", "no policy `default`", 3, id="no default policy"
        ),
        pytest.param(BEN + ROTA + "escalation: {P0: []}\n", "`P0` is not known", 3, id="no such severity"),
    ],
)
def test_a_mistake_is_refused_at_its_place(text: str, said: str, line: int) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        parse_roster(text, "oncall.yml")
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("written", "rounds"),
    [("", None), ("repeat: until acknowledged\n", None), ("repeat: never\n", 1), ("repeat: 2 times\n", 3)],
)
def test_the_calls_repeat_until_somebody_acknowledges_unless_told_otherwise(
    written: str, rounds: int | None
) -> None:
    assert parse_roster(BEN + ROTA + STEPS + written, "oncall.yml").policy("default").rounds == rounds


def test_several_schedules_and_policies_need_no_simple_ones() -> None:
    text = BEN + f"schedules: {{default: {SHIFT}}}\npolicies: {{default: {{steps: {{}}}}}}\n"
    assert parse_roster(text, "oncall.yml").schedule is not None
