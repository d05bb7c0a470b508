"""When the log's head must be signed again, and which entries are sealed by it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.audit.checkpoint import CheckpointRefused
from tocsin.audit.note import NoteRefused
from tocsin.audit.policy import Policy, cosigned
from tocsin.domain.entry import Checkpoint

# The longest that a new entry waits for a signature.
CHECKPOINT_EVERY = timedelta(seconds=10)
# A checkpoint bears no time; a heartbeat entry in a quiet log shows that the log is alive.
HEARTBEAT_EVERY = timedelta(minutes=5)
# How long an entry waits for its quorum of witnesses before the log's own signature suffices.
QUORUM_WITHIN = timedelta(seconds=60)


class Seal(StrEnum):
    """Whether an entry is beyond change: `awaiting cosignature` suffices, is marked, and somebody is told."""

    NONE = "not sealed"
    SEALED = "sealed"
    AWAITING = "sealed, awaiting cosignature"

    @property
    def holds(self) -> bool:
        """Say whether what the entry vouches for may be acted upon."""
        return self is not Seal.NONE


def checkpoint_is_due(size: int, last: Checkpoint | None, now: datetime) -> bool:
    """Say whether the log has grown and its last checkpoint is 10 s old or more."""
    if last is None:
        return size > 0
    return size > last.size and _has_passed(CHECKPOINT_EVERY, last.signed_at, now)


def heartbeat_is_due(last_entry_at: datetime | None, now: datetime) -> bool:
    """Say whether nothing was logged for 5 min; an empty log is due at once."""
    return last_entry_at is None or _has_passed(HEARTBEAT_EVERY, last_entry_at, now)


def is_sealed(index: int, checkpoints: Iterable[Checkpoint]) -> bool:
    """Say whether any of the checkpoints covers the entry at `index`; none of them is verified here."""
    return any(0 <= index < checkpoint.size for checkpoint in checkpoints)


def seal_state(index: int, checkpoints: Iterable[Checkpoint], policy: Policy, now: datetime) -> Seal:
    """Say how the entry at `index` is sealed by these checkpoints, whose notes are verified here.

    `policy` names the log's keys (`Policy().with_log(...)` where no witness is asked). One checkpoint with a
    quorum of cosignatures seals; where none has it, one that the log signed 60 s ago or longer does, awaiting
    its cosignature. A checkpoint whose note is wrong counts for nothing.
    """
    state = Seal.NONE
    for checkpoint in checkpoints:
        try:
            found = cosigned(checkpoint.note, policy)
        except (NoteRefused, CheckpointRefused):
            continue
        if not 0 <= index < found.head.size:
            continue
        if found.is_quorate:
            return Seal.SEALED
        if now - checkpoint.signed_at >= QUORUM_WITHIN:
            state = Seal.AWAITING
    return state


def _has_passed(span: timedelta, since: datetime, now: datetime) -> bool:
    """A clock that was set back counts as passed, so that it cannot silence the log until it catches up."""
    return now - since >= span or now < since
