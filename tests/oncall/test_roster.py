"""Tests of reading the on-call file."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.roster import ADMINISTRATORS, NoticeEvent, PageRole, Roster, parse_roster
from tocsin.oncall.schedule import Rotation

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline"
BEN = "people: {ben: {name: Ben, contacts: [{channel: smtp, address: b@example.org}]}}\n"
ROTA = 'schedule: {zone: UTC, rotation: daily, handover: "09:00", starts: 2026-11-16, people: [ben]}\n'
STEPS = "escalation: {}\n"


def test_a_roster_is_read(roster: Roster) -> None:
    assert roster.people["ben"].name == "Ben"
    assert roster.people["ben"].contacts == (
        Contact(channel="slack", address="#oncall"),
        Contact(channel="smtp", address="ben@example.org"),
    )
    schedule = roster.schedule
    assert schedule is not None
    assert (schedule.zone.key, schedule.rotation, schedule.handover) == (
        "Europe/Berlin",
        Rotation.WEEKLY,
        time(9),
    )
    assert (schedule.starts, schedule.people) == (date(2026, 11, 16), ("ben", "ada"))
    assert [(step.after, step.role) for step in roster.steps[Severity.P1]] == [
        (timedelta(), PageRole.PRIMARY),
        (timedelta(minutes=5), PageRole.PRIMARY),
        (timedelta(minutes=10), PageRole.SECONDARY),
    ]
    assert roster.notices[0].events == frozenset(NoticeEvent)
    assert roster.notices[1].events == {NoticeEvent.ESCALATED}


def test_only_severities_with_steps_call_a_person(roster: Roster) -> None:
    assert [severity for severity in Severity if roster.pages(severity)] == [Severity.P1, Severity.P2]


def test_the_shipped_roster_works_with_nobody_configured() -> None:
    shipped = parse_roster((SHIPPED / "oncall.yml").read_text("utf-8"), "oncall.yml")
    assert shipped.people == {}
    assert shipped.schedule is None
    assert shipped.pages(Severity.P1)
    assert shipped.pages(Severity.P2)
    assert not shipped.pages(Severity.P3)
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
        pytest.param(
            BEN + ROTA.replace("[ben]", "[eve]") + STEPS, "`eve` is not listed", 2, id="an unknown person"
        ),
        pytest.param(
            BEN + ROTA.replace("[ben]", "[]") + STEPS, "nobody is in the rotation", 2, id="no rotation"
        ),
        pytest.param(
            BEN + ROTA.replace("daily", "hourly") + STEPS,
            "`hourly` is not possible",
            2,
            id="no such rotation",
        ),
        pytest.param(BEN + ROTA.replace("UTC", "Nowhere") + STEPS, "not a time zone", 2, id="no such zone"),
        pytest.param(BEN + ROTA.replace('"09:00"', '"9"') + STEPS, "not a time of day", 2, id="no such time"),
        pytest.param(BEN + ROTA.replace("2026-11-16", "monday") + STEPS, "not a date", 2, id="no such date"),
        pytest.param(
            "people: {ben: {name: Ben, contacts: []}}\n" + ROTA + STEPS,
            "ben has no contact",
            1,
            id="no contact",
        ),
        pytest.param(
            BEN.replace("ben:", "administrators:") + ROTA + STEPS, "not one person", 1, id="a reserved name"
        ),
        pytest.param(
            BEN + ROTA + "escalation: {P1: [{after: 5m, page: primary}, {after: 5m, page: secondary}]}\n",
            "do not follow each other",
            3,
            id="steps at one time",
        ),
        pytest.param(
            BEN + ROTA + "escalation: {P1: [{after: 5m, page: boss}]}\n",
            "`boss` is not possible",
            3,
            id="no such role",
        ),
        pytest.param(BEN + ROTA + "escalation: {P0: []}\n", "`P0` is not known", 3, id="no such severity"),
        pytest.param(
            BEN
            + ROTA
            + STEPS
            + "notices:\n  - {channel: a, address: b, severities: [P1], events: [closed]}\n",
            "`closed` is not possible",
            5,
            id="no such event",
        ),
    ],
)
def test_a_mistake_is_refused_at_its_place(text: str, said: str, line: int) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        parse_roster(text, "oncall.yml")
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("written", "repeats"),
    [("", True), ("repeat: until acknowledged\n", True), ("repeat: never\n", False)],
)
def test_the_calls_repeat_until_somebody_acknowledges_unless_told_otherwise(
    written: str, repeats: bool
) -> None:
    assert parse_roster(BEN + ROTA + STEPS + written, "oncall.yml").repeats is repeats


def test_a_repeat_of_another_kind_is_refused() -> None:
    with pytest.raises(PackProblem, match="`twice` is not possible"):
        parse_roster(BEN + ROTA + STEPS + "repeat: twice\n", "oncall.yml")
