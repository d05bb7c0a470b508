"""What a runbook gives to an action must fit what the action declares."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from declared import declaration, parameter
from tocsin.domain.action import ActionClass, ParameterKind
from tocsin.domain.runbook import StepAction
from tocsin.runbooks.arguments import misfits


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ParameterKind.TEXT, ["a", "{{ a }}", None], [5, ["a"], True]),
        (ParameterKind.TEXTS, ["a", ["a", "{{ b }}"], "{{ a }}"], [5, ["a", 5]]),
        (ParameterKind.NUMBER, [5, 0.5, "{{ a }}"], ["5", True]),
        (ParameterKind.FLAG, [True, "{{ a }}"], ["yes", 1]),
        (ParameterKind.DURATION, ["15m", "1h30m"], ["soon", 15]),
        (
            ParameterKind.NETWORKS,
            ["192.0.2.1", ["192.0.2.0/24", "2001:db8::/48"], ["{{ a }}"]],
            ["x", ["192.0.2.1", "y"], 5],
        ),
        (ParameterKind.MAP, [{"a": 1}], ["a", [1]]),
    ],
)
def test_a_value_must_be_of_its_kind(kind: ParameterKind, good: list[Any], bad: list[Any]) -> None:
    declared = declaration("a.b", ActionClass.READ, parameter("x", kind, required=False))
    for value in good:
        assert not list(misfits(StepAction(action="a.b", arguments={"x": value}), declared))
    for value in bad:
        assert [reason for reason, _ in misfits(StepAction(action="a.b", arguments={"x": value}), declared)]


def test_unknown_and_missing_arguments_are_named() -> None:
    declared = declaration("a.b", ActionClass.READ, parameter("x", ParameterKind.TEXT))
    assert list(misfits(StepAction(action="a.b", arguments={"y": 1}), declared)) == [
        ("`a.b` has no argument `y`.", "It has: x."),
        ("`a.b` needs the argument `x`.", "Add it: The x."),
    ]
    filled = declaration("a.d", ActionClass.NOTIFY, parameter("incident_key", ParameterKind.TEXT))
    assert list(misfits(StepAction(action="a.d"), filled)) == []
    nothing = declaration("a.c", ActionClass.READ)
    assert list(misfits(StepAction(action="a.c", arguments={"": 1}), nothing)) == [
        ("`a.c` takes no argument.", "Remove it.")
    ]


@pytest.mark.parametrize(
    ("action_class", "undone", "reason"),
    [
        (ActionClass.CONTAIN, True, ""),
        (ActionClass.CONTAIN, False, "cannot be undone"),
        (ActionClass.READ, True, "is none"),
    ],
)
def test_only_a_containment_that_can_be_undone_ends_by_itself(
    action_class: ActionClass, reason: str, *, undone: bool
) -> None:
    declared = declaration("a.b", action_class, undone=undone)
    found = list(misfits(StepAction(action="a.b", revert_after=timedelta(hours=1)), declared))
    assert (reason in found[0][0]) if reason else not found
