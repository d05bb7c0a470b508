"""The stop switch: for everything, one connector, or one runbook."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.domain.action import ActionClass
from tocsin.response.stops import (
    ResponseStopped,
    StopRefused,
    demand_known,
    in_force,
    made,
    read,
    written,
)


def test_a_stop_is_read_back_as_it_was_written() -> None:
    stops = [made(scope, "ada", NOON, " Wild. ") for scope in ("everything", "connector:aws")]
    assert read({each.scope: written(each) for each in stops}) == (stops[1], stops[0])
    assert stops[0].reason == "Wild."


@pytest.mark.parametrize("scope", ["", "all", "connector:", "runbook:A b", "connector:" + "x" * 99])
def test_what_is_nothing_to_stop_is_refused(scope: str) -> None:
    with pytest.raises(StopRefused, match="nothing that can be stopped"):
        made(scope, "ada", NOON, "Wild.")


def test_a_stop_without_a_reason_is_refused() -> None:
    with pytest.raises(StopRefused, match="No reason"):
        made("everything", "ada", NOON, " ")


@pytest.mark.parametrize(
    ("scope", "service", "runbook", "holds"),
    [
        ("everything", "aws", "", True),
        ("connector:aws", "aws", "", True),
        ("connector:aws", "aws.iam", "", True),
        ("connector:aws", "entra", "", False),
        ("runbook:logins", "aws", "logins", True),
        ("runbook:logins", "aws", "", False),
    ],
)
def test_a_stop_holds_back_what_it_names(scope: str, service: str, runbook: str, holds: bool) -> None:
    stop = made(scope, "ada", NOON, "Wild.")
    assert (in_force([stop], service, runbook) is stop) is holds


@pytest.mark.parametrize("action_class", list(ActionClass))
def test_reading_and_evidence_go_on(action_class: ActionClass) -> None:
    stop = made("everything", "ada", NOON, "Wild.")
    goes_on = action_class in (ActionClass.READ, ActionClass.EVIDENCE)
    assert (in_force([stop], "aws", "", action_class) is None) is goes_on


def test_the_refusal_says_who_stopped_what_and_why() -> None:
    refused = ResponseStopped("ACT-1", made("everything", "ada", NOON, "Wild"))
    assert "ada stopped everything at 12:00:00 UTC: Wild." in refused.happened


def test_a_name_that_nothing_has_is_refused_with_those_there_are() -> None:
    demand_known("everything", ())
    demand_known("connector:aws", ("aws",))
    with pytest.raises(StopRefused) as refused:
        demand_known("connector:shopp", ("shop", "aws"))
    assert "shopp" in refused.value.happened
    assert refused.value.next_step == "Stop `everything`, or one of: aws, shop."
    with pytest.raises(StopRefused) as refused:
        demand_known("runbook:nosuch", [f"r{number:03}" for number in range(45)])
    assert refused.value.next_step.endswith("r039 and 5 more.")


def test_people_are_called_whatever_is_stopped() -> None:
    known = tuple(made(scope, "ada", NOON, "Wild.") for scope in ("everything", "connector:tocsin"))
    assert in_force(known, "tocsin", "", ActionClass.NOTIFY) is None
    assert in_force(known, "slack", "", ActionClass.NOTIFY) is not None
    assert in_force(known, "tocsin", "", ActionClass.CONTAIN) is not None
