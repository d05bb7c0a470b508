"""How an action goes: the one table of its states, and what a failure of its calls makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from tocsin.domain.acting import Seen
from tocsin.domain.action import Action, ActionState
from tocsin.domain.errors import Explained
from tocsin.domain.ports.delivery import FailureKind

S = ActionState
MOVES: dict[ActionState, frozenset[ActionState]] = {
    S.PROPOSED: frozenset({S.BEGUN, S.REFUSED, S.WITHDRAWN, S.EXPIRED, S.FAILED}),
    S.BEGUN: frozenset({S.DONE, S.FAILED, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.DONE, S.FAILED, S.UNDONE}),
    S.DONE: frozenset({S.UNDONE}),
    S.FAILED: frozenset(),
    S.REFUSED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.EXPIRED: frozenset(),
    S.UNDONE: frozenset(),
}
MOST_ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=5)
PROPOSED_FOR = timedelta(hours=24)
LOOK_FRESH = timedelta(seconds=30)
"""An action begins only on what was read from the partner within this time."""


class Next(StrEnum):
    """What comes after a failed attempt, or after a look at an earlier one."""

    RETRY = "retry"
    PERFORM = "perform"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ActionMoveRefused(Explained):
    """An action cannot go from its state to the one asked for (HTTP 409)."""

    code: ClassVar[str] = "action_move"
    status: ClassVar[int] = 409

    def __init__(self, action: Action, wanted: str) -> None:
        super().__init__(
            f"{action.short_name} is {action.state}, so it cannot be {wanted}.",
            means="Nothing was changed.",
            next_step=f"`tocsin action show {action.short_name}` says how far it has come.",
        )


def moved(action: Action, to: ActionState, now: datetime, **changed: Any) -> Action:
    """Return the action in its next state. Raises `ActionMoveRefused` for a move that the table lacks."""
    if to not in MOVES[action.state]:
        raise ActionMoveRefused(action, to.value)
    ended = action.ended_at if to in (S.BEGUN, S.UNKNOWN, S.UNDONE) else now
    return replace(action, state=to, ended_at=ended, **changed)


def after_failure(kind: FailureKind, attempts: int, *, may_have_changed: bool) -> Next:
    """Return what comes after a call failed.

    `may_have_changed`: an earlier call of any attempt changed something, or may have. What was half done is
    never called failed: a person looks.
    """
    if kind is FailureKind.RETRY_LATER and attempts < MOST_ATTEMPTS:
        return Next.RETRY
    if kind is FailureKind.UNKNOWN or may_have_changed:
        return Next.UNKNOWN
    return Next.FAILED


def after_look(seen: Seen) -> Next:
    """Return what comes after a look at an attempt whose outcome was not written down."""
    return {Seen.DONE: Next.DONE, Seen.NOT_DONE: Next.PERFORM, Seen.CANNOT_TELL: Next.UNKNOWN}[seen]


def is_fresh(looked_at: datetime | None, now: datetime) -> bool:
    """Say whether the partner was looked at lately enough to begin on it."""
    return looked_at is not None and now - looked_at <= LOOK_FRESH


def can_undo(action: Action) -> bool:
    """Say whether there is something to take back: done or perhaps done, and not an undo itself."""
    return action.state in (S.DONE, S.UNKNOWN) and action.undoes is None and action.undone_by is None
