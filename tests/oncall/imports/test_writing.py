"""What is written is what our own parser reads, whatever names people gave."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.person import Contact, Person
from tocsin.oncall.imports.carried import (
    Carried,
    CarriedPerson,
    CarriedPolicy,
    CarriedRoute,
    CarriedSchedule,
    CarriedStep,
)
from tocsin.oncall.imports.writing import write
from tocsin.oncall.people import Team
from tocsin.oncall.roster import parse_roster
from tocsin.oncall.schedules.schedule import Layer, Restriction, Rotation, Schedule

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 10, 20, tzinfo=UTC)
ADA = CarriedPerson(
    key="1",
    person=Person(username="ada", name="Ada", contacts=(Contact(channel="smtp", address='"a"@example.org'),)),
    rules={"default": ((timedelta(minutes=90), ("smtp",)), (timedelta(hours=2), ("smtp",)))},
)
ODD = ["on", "null", "a: b", "#x", "1e3", "日本 🚒", "it's", '"', "- a", "a  b", "*all", "web-1", "{a}"]


def layers(schedule: str) -> tuple[Layer, ...]:
    plain = Layer(
        name=schedule,
        zone=BERLIN,
        rotation=Rotation.DAILY,
        handover=time(9),
        starts=date(2026, 1, 1),
        people=("ada",),
    )
    monthly = Layer(
        name="monthly",
        zone=KOLKATA,
        rotation=Rotation.MONTHLY,
        every=2,
        on=31,
        handover=time(9),
        starts=date(2026, 1, 31),
        ends=date(2027, 1, 1),
        ends_at=time(8, 30),
        people=("ada", "ada"),
        restrictions=(
            Restriction(days=frozenset({0, 6}), begins=time(9), ends=time()),
            Restriction(days=frozenset(range(7)), begins=time(9), ends=time(10)),
        ),
    )
    return (plain, monthly)


def carried(name: str, **more) -> Carried:
    ours = tuple(Schedule(name=each, zone=BERLIN, layers=layers(name)) for each in (name, f"{name} (2)"))
    steps = (CarriedStep(after=timedelta(), page=(f"primary of {name}", "ada", f"everybody of {name}")),)
    usual = {
        "people": (ADA,),
        "teams": (Team(name=name, members=("ada",)),),
        "schedules": (CarriedSchedule(key="s", name=name, zone=BERLIN, ours=ours),),
        "policies": (
            CarriedPolicy(key="", name="default", steps=steps, rounds=2),
            CarriedPolicy(key="p", name=name, steps=steps, rounds=500),
        ),
        "routes": (CarriedRoute(name=name, when='service = "a \\"b\\""', policy=name),),
        "warnings": (f"person {name}: gone",),
    }
    return Carried(system="goalert", **{**usual, **more})


@pytest.mark.parametrize("name", ODD)
def test_every_name_is_read_as_it_was(name: str) -> None:
    roster = parse_roster(write(carried(name)), "oncall.yml")
    assert list(roster.schedules) == [name, f"{name} (2)"]
    assert roster.schedules[name].layers == layers(name)
    assert roster.people["ada"] == ADA.person
    assert [step.after for step in roster.rules["ada"].sets["default"]] == [
        timedelta(minutes=90),
        timedelta(hours=2),
    ]
    assert list(roster.teams) == [name]
    assert [policy.rounds for policy in roster.policies.values()] == [2, 100]
    assert roster.routes[0].fits({"service": 'a "b"'})
    assert roster.routes[0].policy == name


def test_what_there_is_none_of_is_left_out() -> None:
    step = CarriedStep(after=timedelta(minutes=5), page=("ada",))
    only = CarriedPolicy(key="", name="default", steps=(step,))
    written = write(carried("x", teams=(), schedules=(), routes=(), warnings=(), policies=(only,)))
    assert not {"teams:", "schedules:", "routes:"} & set(written.splitlines())
    assert "schedules: {}" in written
    assert "repeat: never" in written
    assert parse_roster(written, "oncall.yml").policies["default"].rounds == 1
    assert "people: {}" in write(carried("x", people=()))


def test_several_schedules_for_one_say_why_there_are_several() -> None:
    assert "# Several are on call at once by web" in write(carried("web"))
    one = carried("web").schedules[0]
    alone = CarriedSchedule(key="s", name="web", zone=BERLIN, ours=one.ours[:1])
    assert "Several" not in write(carried("web", schedules=(alone,)))


def test_whoever_has_no_rules_has_none_in_the_file() -> None:
    plain = CarriedPerson(key="1", person=ADA.person)
    assert "rules:" not in write(carried("web", people=(plain,)))
