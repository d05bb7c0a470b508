"""Makes short names of actions whole: ports, names without a connector, arguments that stand alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tocsin.domain.action import Declaration
from tocsin.domain.bindings import Bindings, bound_name
from tocsin.domain.runbook import Node, Parallel, Repeat, Runbook, Step, StepAction
from tocsin.runbooks.reading import ALONE


def bound(runbook: Runbook, declarations: Mapping[str, Declaration], bindings: Bindings) -> Runbook:
    """Return a runbook whose actions carry their whole names and arguments by name; unknown ones stay."""
    return replace(runbook, nodes=tuple(_bound(node, declarations, bindings) for node in runbook.nodes))


def action_meant(name: str, known: Collection[str], bindings: Bindings) -> str:
    """Return the whole name of an action, empty when there is none or more than one.

    A port stands for what is bound to it; a connector's prefix may be dropped while only one action is left.
    """
    whole = bound_name(name, bindings)
    for exact in (whole, name):
        if exact in known:
            return exact
    ending = [each for each in known if each.endswith(f".{name}")]
    return ending[0] if len(ending) == 1 else ""


def arguments_named(action: StepAction, declaration: Declaration) -> Mapping[str, Any]:
    """Return the arguments by name: one that stands alone is the first that is required, else the first."""
    if ALONE not in action.arguments:
        return action.arguments
    parameters = declaration.parameters
    first = next((each for each in parameters if each.required), None) or next(iter(parameters), None)
    if first is None:
        return action.arguments
    return {first.name if name == ALONE else name: value for name, value in action.arguments.items()}


def _bound(node: Node, declarations: Mapping[str, Declaration], bindings: Bindings) -> Node:
    match node:
        case Parallel():
            branches = tuple(
                tuple(_bound(each, declarations, bindings) for each in branch) for branch in node.branches
            )
            return replace(node, branches=branches)
        case Repeat():
            return replace(node, nodes=tuple(_bound(each, declarations, bindings) for each in node.nodes))
        case Step():
            actions = (_whole(action, declarations, bindings) for action in node.actions)
            return replace(node, actions=tuple(actions))
        case _:
            return node


def _whole(action: StepAction, declarations: Mapping[str, Declaration], bindings: Bindings) -> StepAction:
    name = action_meant(action.action, declarations, bindings)
    if not name:
        return action
    return replace(action, action=name, arguments=arguments_named(action, declarations[name]))
