"""Declarations of actions for tests of runbooks."""

from __future__ import annotations

from datetime import timedelta

from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Undo,
)


def parameter(name: str, kind: ParameterKind, *, required: bool = True) -> Parameter:
    """Return a parameter with a summary of its own."""
    return Parameter(name=name, kind=kind, summary=f"The {name}.", required=required)


def declaration(
    name: str, action_class: ActionClass, *parameters: Parameter, undone: bool = True
) -> Declaration:
    """Return a whole declaration."""
    return Declaration(
        name=name,
        title=name,
        action_class=action_class,
        parameters=parameters,
        repeat=Repeat.SAME_NAME,
        repeat_rule="The same name overwrites.",
        undo=Undo(does="Takes it back.") if undone else None,
        no_undo="" if undone else "It is gone.",
        residual=Residual(remains="Nothing.", lasts=timedelta()),
        blast=BlastRadius(unit="one"),
        rights=(),
    )
