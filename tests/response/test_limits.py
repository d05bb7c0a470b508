"""Limits: a mistake hits few, whatever asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from acting_world import declared
from nouns import NOON, an_action, later
from tocsin.domain.action import Action, ActionClass, BlastRadius, Parameter, ParameterKind
from tocsin.response.limits import LimitReached, Limits, counted, reasons_against

RUN = UUID(int=7)
LOCK = declared(
    "idp.lock",
    parameters=(
        Parameter(name="users", kind=ParameterKind.TEXTS, summary="Whom."),
        Parameter(name="ips", kind=ParameterKind.NETWORKS, summary="Which.", required=False),
    ),
    blast=BlastRadius(unit="user", counted="users", per_run=5, per_hour=100, widest=(24, 48)),
)


def begun(count: int, **given: Any) -> Action:
    users = [f"u{each}" for each in range(count)]
    return an_action(**{"name": "idp.lock", "arguments": {"users": users}, "begun_at": later(-60), **given})


def reasons(users: int = 1, *before: Action, run: UUID | None = None, limits: Limits | None = None) -> str:
    arguments = {"users": tuple(f"u{each}" for each in range(users))}
    return "; ".join(reasons_against(LOCK, arguments, before, run, NOON, limits or Limits()))


def test_the_101st_user_lock_in_an_hour_is_refused() -> None:
    assert reasons(1, begun(99)) == ""
    assert "101 of the unit (user) in an hour" in reasons(1, begun(100))
    assert reasons(1, begun(100, begun_at=later(-3600))) == ""
    assert reasons(1, begun(100, begun_at=None)) == ""


def test_a_run_has_a_cap_of_its_own() -> None:
    assert "6 of the unit (user) in one run" in reasons(6)
    assert "6 of the unit (user) in one run" in reasons(
        1, begun(5, run_id=RUN, begun_at=later(-7200)), run=RUN
    )
    assert reasons(1, begun(5, run_id=RUN), run=UUID(int=8)) == ""


def test_other_actions_and_undos_are_not_counted() -> None:
    assert reasons(1, begun(100, name="idp.other")) == ""
    assert reasons(1, begun(100, undoes=UUID(int=1))) == ""


@pytest.mark.parametrize(
    ("networks", "says"),
    [
        (("10.0.0.0/24",), ""),
        (("10.0.0.0/23",), "10.0.0.0/23 is wider than /24"),
        (("2001:db8::/48",), ""),
        (("2001:db8::/47",), "wider than /48"),
    ],
)
def test_no_network_is_too_wide(networks: tuple[str, ...], says: str) -> None:
    arguments = {"users": ("a",), "ips": networks}
    assert says in "; ".join(reasons_against(LOCK, arguments, (), None, NOON, Limits()))
    assert bool(says) is bool(reasons_against(LOCK, arguments, (), None, NOON, Limits()))


def test_classes_and_services_have_caps() -> None:
    few = Limits(class_per_hour={ActionClass.CONTAIN: 1}, service_per_hour=2)
    one = begun(1, name="aws.x")
    assert "class contain" in reasons(1, one, limits=few)
    recover = [begun(1, name="idp.x", action_class=ActionClass.RECOVER) for _ in range(2)]
    assert "2 actions of idp began" in reasons(1, *recover, limits=few)
    assert reasons(1, replace(one, begun_at=later(-3601)), limits=few) == ""
    assert reasons(1, one, limits=Limits(class_per_hour={})) == ""


@pytest.mark.parametrize(
    ("value", "units"), [((), 0), (["a", "b"], 2), (7, 7), (0, 1), (True, 1), ("a", 1), (None, 1)]
)
def test_units_are_counted(value: Any, units: int) -> None:
    assert counted(LOCK, {"users": value}) == units


def test_without_a_counted_argument_each_is_one() -> None:
    assert counted(declared("fake.x"), {}) == 1


def test_the_refusal_names_every_reason() -> None:
    refused = LimitReached("idp.lock", ["too many", "too wide"])
    assert "too many; too wide" in refused.happened
    assert refused.status == 409


def test_a_cap_may_hold_for_each_value_on_its_own() -> None:
    blast = BlastRadius(unit="service", each_of="service", per_run=1, per_hour=3)
    service = Parameter(name="service", kind=ParameterKind.TEXT, summary="Which.")
    rollback = declared("deploy.rollback", parameters=(service,), blast=blast)
    before = [
        an_action(name="deploy.rollback", arguments={"service": "shop"}, begun_at=later(-60), run_id=RUN)
        for _ in range(3)
    ]

    def against(name: str, run: UUID | None = None) -> str:
        return "; ".join(reasons_against(rollback, {"service": name}, before, run, NOON, Limits()))

    assert "4 of the unit (service) in an hour" in against("shop")
    assert against("api") == against("api", RUN) == ""
