"""Our look over a playbook finds what the schemas of OASIS let pass."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks import END, GROUP, START, a_branching_playbook, a_playbook, action, end, step_id
from tocsin.runbooks.cacao.linting import lint_playbook

A, B = step_id("action", "a"), step_id("action", "b")
SOUND = a_playbook(A, action("a", B), action("b", END))


def said(playbook: dict[str, Any]) -> list[str]:
    return [str(fault) for fault in lint_playbook(playbook)]


def with_step(name: str, **more: Any) -> dict[str, Any]:
    found = step_id("action", name)
    step = {key: value for key, value in {**SOUND["workflow"][found], **more}.items() if value is not None}
    return {**SOUND, "workflow": {**SOUND["workflow"], found: step}}


def test_sound_playbooks_have_no_fault() -> None:
    assert said(SOUND) == []
    assert said(a_branching_playbook()) == []


@pytest.mark.parametrize(
    ("playbook", "fault"),
    [
        # The six that the schemas let pass.
        (with_step("a", **{"on-completion": B}), f"{A}: The key `on-completion` is not known."),
        (with_step("b", on_completion=step_id("end", "x")), f"{B}: It leads to {step_id('end', 'x')}, which"),
        (a_playbook(A, action("a", END), action("b", step_id("end", "b")), end("b")), f"{B}: It is never"),
        (
            {**SOUND, "agent_definitions": {GROUP: {"type": "team", "name": "x"}}},
            f"playbook: The agent or target {GROUP} is of the unknown type 'team'.",
        ),
        (a_playbook(A, action("a", B), action("b", A)), f"{A}: It runs in a circle."),
        (with_step("a", agent=None), f"{A}: It has no agent."),
        # And more.
        ({**SOUND, "agents": {}}, "playbook: The key `agents` is not known."),
        ({key: value for key, value in SOUND.items() if key != "name"}, "playbook: `name` is missing."),
        ({**SOUND, "workflow": 5}, "playbook: It has no `workflow` of steps."),
        ({**SOUND, "workflow_start": A + "x"}, f"playbook: It starts at {A}x, which does not exist."),
        (
            {key: value for key, value in SOUND.items() if key != "workflow_start"},
            "playbook: `workflow_start` is missing.",
        ),
        (with_step("a", type="walk"), f"{A}: The type 'walk' is not known."),
        (with_step("a", type="playbook-action"), f"{A}: Its id does not begin with `playbook-action--`."),
        (with_step("a", on_success=END), f"{A}: `on_completion` excludes `on_success`."),
        (with_step("b", on_completion=None), f"{B}: It leads nowhere, not to an `end`."),
        (with_step("a", commands=[]), f"{A}: It has no command."),
        (with_step("a", commands=5), f"{A}: It has no command."),
        (with_step("a", targets=[GROUP, "linux--1"]), f"{A}: The agent or target linux--1 is not defined."),
        (with_step("a", agent={}), f"{A}: The agent or target {{}} is not defined."),
        ({**SOUND, "agent_definitions": {GROUP: {"type": []}}}, "playbook: The agent or target"),
        (with_step("a", timeout=None), f"{A}: warning: A manual step without `timeout`"),
        (
            with_step("a", in_args=["__b_x__", 5]),
            f"{A}: The variable __b_x__ is used before it is set.",
        ),
        (with_step("a", on_completion=END), f"{B}: It is never reached."),
        (
            a_playbook(
                A,
                action("a", None, on_success=B, on_failure=END),
                action("b", END),
            ),
            f"{END}: It is reached from two places",
        ),
        (
            {**SOUND, "workflow": {**SOUND["workflow"], END: {"type": "end", "on_completion": START}}},
            f"{END}: An `end` has no `on_completion`.",
        ),
    ],
)
def test_a_fault_is_found_and_names_the_step(playbook: dict[str, Any], fault: str) -> None:
    assert any(each.startswith(fault) for each in said(playbook)), said(playbook)


def test_a_variable_that_an_earlier_step_gives_is_set() -> None:
    playbook = with_step("a", out_args=["__ip__"])
    playbook["workflow"][B] = {**playbook["workflow"][B], "in_args": ["__ip__"]}
    assert said(playbook) == []
