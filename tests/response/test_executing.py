"""The states of an action: one table, and what a failure makes of it."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest

from nouns import NOON, an_action, later
from tocsin.domain.acting import Seen
from tocsin.domain.action import ActionState
from tocsin.domain.ports.delivery import FailureKind
from tocsin.response.executing import (
    LOOK_FRESH,
    MOST_ATTEMPTS,
    MOVES,
    ActionMoveRefused,
    Next,
    after_failure,
    after_look,
    can_undo,
    is_fresh,
    moved,
)

S, K = ActionState, FailureKind


@pytest.mark.parametrize(("was", "to"), list(itertools.product(ActionState, repeat=2)))
def test_an_action_moves_by_the_table_alone(was: ActionState, to: ActionState) -> None:
    action = an_action(state=was)
    if to in MOVES[was]:
        assert moved(action, to, NOON, outcome="So.").state is to
    else:
        with pytest.raises(ActionMoveRefused, match=f"ACT-1 is {was}"):
            moved(action, to, NOON)


def test_an_end_has_its_time_and_what_is_not_over_has_none() -> None:
    assert moved(an_action(), S.BEGUN, NOON).ended_at is None
    assert moved(an_action(), S.EXPIRED, NOON).ended_at == NOON
    done = an_action(state=S.DONE, ended_at=NOON)
    assert moved(done, S.UNDONE, later(60)).ended_at == NOON


@pytest.mark.parametrize(
    ("kind", "attempts", "changed", "following"),
    [
        (K.RETRY_LATER, 1, False, Next.RETRY),
        (K.RETRY_LATER, 1, True, Next.RETRY),
        (K.RETRY_LATER, MOST_ATTEMPTS, False, Next.FAILED),
        (K.RETRY_LATER, MOST_ATTEMPTS, True, Next.UNKNOWN),
        (K.REFUSED, 1, False, Next.FAILED),
        (K.REFUSED, 1, True, Next.UNKNOWN),
        (K.MISCONFIGURED, 1, False, Next.FAILED),
        (K.UNKNOWN, 1, False, Next.UNKNOWN),
    ],
)
def test_what_may_be_half_done_is_never_called_failed(
    kind: FailureKind, attempts: int, changed: bool, following: Next
) -> None:
    assert after_failure(kind, attempts, may_have_changed=changed) is following


def test_a_look_decides_what_comes_after_a_kill() -> None:
    assert [after_look(each) for each in (Seen.DONE, Seen.NOT_DONE, Seen.CANNOT_TELL)] == [
        Next.DONE,
        Next.PERFORM,
        Next.UNKNOWN,
    ]


def test_an_action_begins_on_a_fresh_look_only() -> None:
    assert not is_fresh(None, NOON)
    assert is_fresh(NOON, NOON + LOOK_FRESH)
    assert not is_fresh(NOON, NOON + LOOK_FRESH * 2)


def test_what_was_done_and_not_taken_back_can_be_undone() -> None:
    assert can_undo(an_action(state=S.DONE))
    assert can_undo(an_action(state=S.UNKNOWN))
    assert not can_undo(an_action(state=S.FAILED))
    assert not can_undo(an_action(state=S.DONE, undoes=UUID(int=1)))
    assert not can_undo(an_action(state=S.DONE, undone_by=UUID(int=1)))
