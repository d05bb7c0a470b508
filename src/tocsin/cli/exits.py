"""The few exit codes there are, and which one an explained refusal ends with."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from tocsin.domain.errors import Explained, NotFound


class Exit(IntEnum):
    """What a command's end means; `meaning` is the line that `tocsin help exit-codes` prints."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    LOGIN = 4
    REFUSED = 5
    PROBLEMS = 6
    BROKEN = 7
    UNREACHABLE = 8
    WAITING = 10
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """Return what the code means, in a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.OK: "ok",
    Exit.FAILED: "failed",
    Exit.USAGE: "the command was not understood",
    Exit.NOT_FOUND: "not found",
    Exit.LOGIN: "login needed",
    Exit.REFUSED: "refused by policy",
    Exit.PROBLEMS: "a check found problems",
    Exit.BROKEN: "the audit log is broken",
    Exit.UNREACHABLE: "server unreachable",
    Exit.WAITING: "something waits for you",
    Exit.INTERRUPTED: "interrupted",
}

_BY_CODE = {
    "not_signed_in": Exit.LOGIN,
    "server_unreachable": Exit.UNREACHABLE,
    "log_shrank": Exit.BROKEN,
    "log_forked": Exit.BROKEN,
    "entry_missing": Exit.BROKEN,
    "log_gone": Exit.BROKEN,
    "entry_forged": Exit.BROKEN,
    "lake_broken": Exit.BROKEN,
    "hold_refused": Exit.REFUSED,
    "not_allowed": Exit.REFUSED,
    "drill_refused": Exit.REFUSED,
    "move_refused": Exit.REFUSED,
    "evidence_missing": Exit.REFUSED,
    "action_never": Exit.REFUSED,
    "action_refused": Exit.REFUSED,
    "action_move": Exit.REFUSED,
    "action_limit": Exit.REFUSED,
    "approval_refused": Exit.REFUSED,
    "response_stopped": Exit.REFUSED,
    "override_refused": Exit.REFUSED,
    "confirmation_refused": Exit.REFUSED,
    "account_refused": Exit.REFUSED,
    "label_missing": Exit.REFUSED,
    "reason_missing": Exit.REFUSED,
    "discard_unexplained": Exit.REFUSED,
    "evidence_empty": Exit.REFUSED,
    "evidence_held": Exit.REFUSED,
    "evidence_reason_missing": Exit.REFUSED,
    "bag_refused": Exit.PROBLEMS,
    "proof_refused": Exit.PROBLEMS,
    "note_refused": Exit.PROBLEMS,
    "checkpoint_refused": Exit.PROBLEMS,
    "quorum_missing": Exit.PROBLEMS,
    "not_decrypted": Exit.REFUSED,
    "locker_damaged": Exit.PROBLEMS,
    "still_unreadable": Exit.PROBLEMS,
    "runbook_wrong": Exit.PROBLEMS,
    "playbook_refused": Exit.PROBLEMS,
}

# When two apply, the first of these wins.
_WEIGHT = (
    Exit.BROKEN,
    Exit.UNREACHABLE,
    Exit.LOGIN,
    Exit.REFUSED,
    Exit.PROBLEMS,
    Exit.NOT_FOUND,
    Exit.FAILED,
)


def exit_of(error: Explained) -> Exit:
    """Return the exit code of a refusal; `failed` for those without a code of their own."""
    if isinstance(error, NotFound):
        return Exit.NOT_FOUND
    return _BY_CODE.get(error.code, Exit.FAILED)


def worst(exits: Iterable[Exit]) -> Exit:
    """Return the code that wins when several apply, `ok` for none."""
    found = set(exits)
    return next((code for code in _WEIGHT if code in found), Exit.OK)
