"""An action says all of itself, or does not load."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acting_world import POST, REDEPLOY, SCALE
from tocsin.domain.action import ActionClass, BlastRadius, Parameter, ParameterKind, Residual, Right, Undo
from tocsin.response.declaring import ActionUndeclared, faults_of, loaded

WORD = Parameter(name="count", kind=ParameterKind.TEXT, summary="A word.")


def test_what_says_all_of_itself_loads_by_name() -> None:
    assert list(loaded([SCALE, REDEPLOY, POST])) == ["fake.scale", "fake.redeploy", "fake.post"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "scale"}, "has a name"),
        ({"title": " "}, "no title"),
        ({"repeat_rule": ""}, "how a repeat is recognised"),
        ({"time_limit_s": 0}, "time limit"),
        ({"time_limit_s": 901}, "time limit"),
        ({"parameters": (*SCALE.declaration.parameters, WORD)}, "two parameters of one name"),
        ({"parameters": (replace(WORD, name="Count"),)}, "no word: 'Count'"),
        ({"parameters": (replace(WORD, summary=""),)}, "does not say what count is"),
        ({"parameters": (replace(WORD, secret=True, kind=ParameterKind.MAP),)}, "secret that is no text"),
        ({"undo": None, "no_undo": ""}, "cannot be undone and does not say why"),
        ({"undo": None, "no_undo": "Gone."}, "has an undo that it does not declare"),
        ({"undo": Undo(does="")}, "what its undo does"),
        ({"no_undo": "Gone."}, "both how it is undone"),
        ({"residual": Residual(remains="")}, "still works afterwards"),
        ({"rights": ()}, "which rights"),
        ({"rights": (Right(name="a", why=""),)}, "a right without"),
        ({"blast": BlastRadius(unit="")}, "in which unit"),
        ({"blast": BlastRadius(unit="u", counted="token")}, "counts its blast by token"),
        ({"blast": BlastRadius(unit="u", counted="nobody")}, "counts its blast by nobody"),
        ({"blast": BlastRadius(unit="u", per_run=0)}, "caps"),
        ({"blast": BlastRadius(unit="u", per_run=9, per_hour=8)}, "caps"),
        ({"blast": BlastRadius(unit="u", widest=(33, 48))}, "widest"),
        ({"blast": BlastRadius(unit="u", widest=(24, 129))}, "widest"),
    ],
)
def test_what_is_left_out_is_named(changed: dict[str, Any], says: str) -> None:
    performer = replace(SCALE, declaration=replace(SCALE.declaration, **changed))
    with pytest.raises(ActionUndeclared, match="Actions do not say") as refused:
        loaded([performer])
    assert any(says in each for faults in refused.value.faults.values() for each in faults)


def test_an_undo_that_is_declared_must_be_there() -> None:
    assert faults_of(replace(SCALE, undo=None)) == ("declares an undo that it does not have",)


def test_two_of_one_name_do_not_load_and_every_fault_is_told() -> None:
    nameless = replace(POST, declaration=replace(POST.declaration, name="x", title=""))
    with pytest.raises(ActionUndeclared) as refused:
        loaded([SCALE, SCALE, nameless])
    assert refused.value.faults["fake.scale"] == ("is declared twice",)
    assert len(refused.value.faults["x"]) == 2


def test_what_changes_nothing_need_say_less() -> None:
    read = replace(POST.declaration, action_class=ActionClass.READ, rights=(), residual=Residual(remains=""))
    assert faults_of(replace(POST, declaration=read)) == ()
