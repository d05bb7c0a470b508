"""Actions on the command line: plan, run, withdraw, the stop switch; nobody consents here."""

from __future__ import annotations

import pytest

from acting_world import PERFORMERS
from tocsin.app import acting
from tocsin.response.declaring import loaded

ATTACK = {"labels": {"alertname": "Attack", "severity": "critical", "service": "shop"}}
RUN = ("action", "run", "INC-1", "fake.scale", "count=0")


@pytest.fixture(autouse=True)
def fakes(monkeypatch) -> None:
    monkeypatch.setattr(acting, "performers_in", lambda *args: loaded(PERFORMERS))


def test_an_action_is_run_and_waits_for_its_evidence(app, answer, typed, report) -> None:
    report(ATTACK)
    result = typed(*RUN, "--confirm", "INC-1", "--reason", "It is attacked.")
    assert result.exit_code != 0
    assert "audit.snapshot" in result.stderr
    (listed,) = answer("action", "list")
    assert (listed["id"], listed["door"], listed["reason"]) == ("ACT-1", "cli", "It is attacked.")
    assert answer("action", "list", "--incident", "INC-1") == [listed]
    shown = answer("action", "show", "ACT-1")
    assert shown["waits_for"]
    assert "count=0" in typed("action", "show", "ACT-1").stdout
    assert typed("action", "withdraw", "ACT-1", "--reason", "Over.").exit_code == 0
    assert answer("action", "show", "ACT-1")["state"] == "withdrawn"
    assert typed("action", "undo", "ACT-1").exit_code != 0


def test_it_asks_for_the_incident_typed_in_full(app, answer, typed, report) -> None:
    report(ATTACK)
    assert typed(*RUN).exit_code == 2
    assert typed(*RUN, "--confirm", "INC-2").exit_code == 2
    assert answer("action", "list") == []


def test_a_dry_run_calls_and_asks_nothing(app, answer, typed, report) -> None:
    report(ATTACK)
    plan = answer("action", "plan", "fake.scale", "count=0")
    assert [each["operation"] for each in plan["calls"]] == ["set_count", "get_count"]
    dry = typed(*RUN, "--dry-run").stdout
    assert "set_count" in dry
    assert answer("action", "list") == []


def test_the_catalogue_and_one_of_it_are_shown(app, answer, typed) -> None:
    names = [each["action"] for each in answer("action", "list", "--catalogue")]
    assert "fake.scale" in names
    assert answer("action", "show", "fake.scale")["undo"] == "Puts the count back."
    assert "No action was asked for" in typed("action", "list").stderr


def test_the_switch_is_set_and_released(app, typed) -> None:
    assert typed("action", "stop", "--reason", "Wild.").exit_code == 0
    assert "everything is stopped by cli:" in typed("action", "list").stderr
    assert typed("action", "start").exit_code == 2
    assert typed("action", "start", "--yes").exit_code == 0
    assert typed("action", "start", "--yes").exit_code != 0


@pytest.mark.parametrize("argument", ["count", "count={", "count=[1"])
def test_arguments_are_name_and_value(app, typed, argument) -> None:
    assert typed("action", "plan", "fake.scale", argument).exit_code == 2


def test_a_name_given_twice_is_a_list(app, typed) -> None:
    result = typed("action", "plan", "fake.scale", "count=0", "count=1", "count=2")
    assert "count is no number" in result.stderr
