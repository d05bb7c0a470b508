"""The dry run of an action: its calls without making one, the evidence it needs, who consents, its undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tocsin.domain.acting import Call, Performer
from tocsin.domain.action import Action, ActionClass, Declaration, Demand
from tocsin.domain.playing import rehearse
from tocsin.response.arguments import MASK, shown

REHEARSED = "rehearsed"
"""The idempotency key of a rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an action would do. `reads` come before approval, `calls` after it, `undo_calls` if taken back."""

    declaration: Declaration
    reads: tuple[Call, ...]
    calls: tuple[Call, ...]
    undo_calls: tuple[Call, ...]
    objects: Mapping[str, tuple[str, ...]]
    demands: tuple[Demand, ...] = ()
    approvers: tuple[str, ...] = ()
    reverts_after: timedelta | None = None


def planned(performer: Performer, arguments: Mapping[str, Any]) -> Plan:
    """Rehearse an action; nothing outside is called, by construction. `arguments` are checked ones."""
    objects, before = rehearse(performer.objects(arguments)), rehearse(performer.before(arguments))
    performed = rehearse(performer.perform(arguments, before.given, REHEARSED))
    verified = rehearse(performer.verify(arguments, before.given))
    undone: Sequence[Call] = ()
    if performer.undo is not None:
        undone = rehearse(performer.undo(arguments, before.given, REHEARSED)).calls
    return Plan(
        declaration=performer.declaration,
        reads=(*objects.calls, *before.calls),
        calls=(*performed.calls, *verified.calls),
        undo_calls=tuple(undone),
        objects=objects.given,
    )


def shown_call(call: Call) -> Mapping[str, Any]:
    """Return a call as people may see it: what is secret is masked."""
    parameters = {name: MASK if name in call.secret else value for name, value in call.parameters.items()}
    return {
        "service": call.service,
        "operation": call.operation,
        "changes": call.changes,
        "parameters": parameters,
    }


def residual_words(declaration: Declaration) -> str:
    """Say what still works afterwards, until when, and what closes it."""
    residual = declaration.residual
    if declaration.action_class is ActionClass.READ:
        return "It changes nothing."
    until = " (until somebody ends it)" if residual.lasts is None else _until(residual.lasts)
    words = f"{residual.remains.rstrip('.')}{until}." if residual.remains else "Nothing remains."
    return f"{words} {residual.closed_by} closes it." if residual.closed_by else words


def undo_words(declaration: Declaration) -> str:
    """Say how an action is taken back, or that it cannot be."""
    if declaration.undo is not None:
        return declaration.undo.does
    if declaration.action_class is ActionClass.READ:
        return "Nothing to undo."
    return f"It cannot be undone: {declaration.no_undo}" if declaration.no_undo else "Nothing to undo."


def _until(length: timedelta) -> str:
    """Say for how long; of what takes no time at all nothing is said."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    words = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if count]
    return f" (for up to {' '.join(words)})" if words else ""


def shown_arguments(action: Action) -> Mapping[str, Any]:
    """Return an action's arguments as people and rules may see them: secrets are masked."""
    return shown(action.arguments)
