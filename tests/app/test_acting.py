"""The chapter of actions as it is built, and actions as every door shows them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON, an_action, an_incident
from tocsin.app.acting import (
    Approvers,
    act_of,
    actions_of,
    asked_for,
    declaration_record,
    incident_named,
    number_of,
    plan_record,
    record_of,
    stopping_of,
    without_time,
)
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.action import Approval, BreakGlass, Door
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Role
from tocsin.oncall.roster import parse_roster
from tocsin.response.arguments import ArgumentsWrong
from tocsin.store.memory import MemoryStore

ROSTER = """
people:
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  dana: {name: Dana, contacts: [{channel: inbox, address: dana}]}
  eve: {name: Eve, contacts: [{channel: inbox, address: eve}]}
teams: {security-lead: {members: [dana, eve]}, network: {members: [dana, ada], lead: dana}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ada]}
escalation: {P1: [{after: 0m, page: primary}]}
"""


@pytest.fixture
def app(memory_store: MemoryStore, tmp_path: Path) -> App:
    return build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)


def test_every_shipped_action_says_all_of_itself_and_can_be_shown(app: App) -> None:
    performers = act_of(app).ground.performers
    assert {"aws.ecs.scale", "entra.disable_user"} <= set(performers)
    for each in performers.values():
        record = declaration_record(each.declaration)
        assert record["undo"]
        assert record["residual"]


def test_an_action_is_asked_for_with_a_time_after_which_it_takes_itself_back(app: App) -> None:
    with app.store.transaction() as shelves:
        shelves.incidents.add(an_incident())
    arguments = {"cluster": "prod", "service": "shop", "for": "24h"}
    action = asked_for(app, "INC-1", "aws.ecs.scale", arguments, by="ben", door=Door.API)
    assert action.revert_after == timedelta(hours=24)
    assert "audit.snapshot" in {each.collector for each in action.demands}
    with app.store.reading() as shelves:
        assert actions_of(shelves, None, 5) == actions_of(shelves, action.incident_id, 5) == (action,)
    assert (app.settings.home / "keys" / "actions.key").stat().st_mode & 0o077 == 0
    plan = plan_record(act_of(app).plan("ecs.scale", {"cluster": "a", "service": "b"}, door=Door.API))
    assert any(each["changes"] for each in plan["calls"])
    assert stopping_of(app).stopped() == ()


@pytest.mark.parametrize("name", ["INC-9", "INC-x", "INC-", "INC-99999999999"])
def test_an_incident_that_is_not_there_is_not_found(app: App, name: str) -> None:
    with app.store.reading() as shelves, pytest.raises(NotFound):
        incident_named(shelves, name)


@pytest.mark.parametrize("name", ["ACT-x", "ACT-", "EX-1", "ACT-99999999999"])
def test_what_is_no_actions_name_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        number_of(name)


def test_a_time_is_read_or_refused() -> None:
    assert number_of("ACT-7") == 7
    assert without_time({"a": 1}) == ({"a": 1}, None)
    assert without_time({"a": 1, "for": ""}) == ({"a": 1}, None)
    assert without_time({"for": "1h30m"}) == ({}, timedelta(minutes=90))
    with pytest.raises(ArgumentsWrong):
        without_time({"for": "soon"})


def test_a_record_shows_who_consented_and_who_broke_the_glass() -> None:
    action = an_action(
        approvals=(Approval(person="ada", role="approver", at=NOON, digest="d", standing=3),),
        break_glass=BreakGlass(people=("ben", "ada"), reason="Harm.", at=NOON),
        begun_at=NOON,
    )
    record = record_of(action)
    assert record["approvals"][0]["standing"] == 3
    assert record["broke_glass"] == ["ben", "ada"]
    assert record["begun_at"] == NOON.isoformat()


class Accounts:
    """Who has which role."""

    def role_of(self, username: str) -> Role | None:
        return {"ada": Role.COMMANDER, "dana": Role.APPROVER, "eve": Role.RESPONDER}.get(username)


@pytest.mark.parametrize(
    ("person", "role", "may"),
    [
        ("ada", "approver", True),
        ("ada", "commander", True),
        ("ada", "security-lead", False),
        ("dana", "approver", True),
        ("dana", "security-lead", True),
        ("dana", "dana", True),
        ("dana", "legal", False),
        ("dana", "network-lead", True),
        ("ada", "network-lead", False),
        ("eve", "security-lead", False),
        ("nobody", "approver", False),
    ],
)
def test_a_role_is_that_of_an_account_a_team_or_a_person(person: str, role: str, may: bool) -> None:
    approvers = Approvers(Accounts(), parse_roster(ROSTER, "oncall.yml"))  # type: ignore[arg-type]
    assert approvers(person, role) is may
