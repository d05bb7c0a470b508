"""A playbook is followed as a tree; what is none is refused with the step named."""

from __future__ import annotations

import re
from typing import Any

import pytest

from playbooks import END, START, a_branching_playbook, a_playbook, action, end, step_id
from tocsin.runbooks.cacao.graph import DEEPEST, MOST_STEPS, PlaybookRefused, branches_of, tree_of

A, B = step_id("action", "a"), step_id("action", "b")
IF = step_id("if-condition", "if")


def choice(**more: Any) -> dict[str, dict[str, Any]]:
    return {IF: {"type": "if-condition", "condition": "x", "on_completion": END, **more}}


def test_steps_come_in_order_with_their_branches() -> None:
    chain = tree_of(a_branching_playbook())
    assert [placed.kind for placed in chain] == [
        "action",
        "if-condition",
        "while-condition",
        "switch-condition",
        "action",
    ]
    assert [key for key, _ in chain[1].branches] == ["on_true", "on_false"]
    assert [key for key, _ in chain[3].branches] == ["it's a", "default"]
    assert [key for key, _ in chain[4].branches] == ["on_success", "on_failure"]


def test_steps_of_an_exception_count_as_reached() -> None:
    playbook = a_playbook(
        A, action("a", END), action("b", step_id("end", "b")), end("b"), workflow_exception=B
    )
    assert len(tree_of(playbook)) == 1


@pytest.mark.parametrize(
    ("playbook", "named", "reason"),
    [
        (a_playbook(A, action("a", B), action("b", A)), A, "in a circle"),
        (a_playbook(A, action("a", step_id("action", "gone"))), step_id("action", "gone"), "does not exist"),
        (a_playbook(A, action("a", END), action("b", END)), B, "never reached"),
        (a_playbook(A, action("a", None)), A, "leads nowhere"),
        (
            a_playbook(
                IF, choice(on_true=A, on_false=B), action("a", B), action("b", step_id("end", "x")), end("x")
            ),
            B,
            "from two places",
        ),
        (a_playbook(IF, choice(on_true=A), action("a", IF)), IF, "from two places, or in a circle"),
        ({**a_playbook(A), "workflow_start": START}, A, "does not exist"),
        ({**a_playbook(END), "workflow": []}, "workflow", "no `workflow`"),
        ({**a_playbook(END), "workflow": {"a": 1}}, "workflow", "no `workflow`"),
        ({"workflow": {str(number): {} for number in range(MOST_STEPS + 1)}}, "playbook", "more than"),
    ],
)
def test_what_is_no_tree_is_refused_with_the_step_named(
    playbook: dict[str, Any], named: str, reason: str
) -> None:
    with pytest.raises(PlaybookRefused, match=re.escape(named)) as caught:
        tree_of(playbook)
    assert reason in caught.value.happened


def test_branches_within_branches_without_end_are_refused() -> None:
    parts: list[dict[str, dict[str, Any]]] = []
    for number in range(DEEPEST + 2):
        inner = step_id("if-condition", str(number + 1))
        after = {"on_true": inner, "on_completion": step_id("end", str(number))}
        parts += [
            {step_id("if-condition", str(number)): {"type": "if-condition", "condition": "x", **after}},
            end(str(number)),
        ]
    with pytest.raises(PlaybookRefused, match="nested more than"):
        tree_of(a_playbook(step_id("if-condition", "0"), *parts))


def test_a_branch_that_is_neither_text_nor_list_nor_map_leads_nowhere() -> None:
    assert list(branches_of({"type": "parallel", "next_steps": 5})) == []
