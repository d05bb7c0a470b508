"""When the log's head must be signed again, and which entries are sealed by it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.domain.entry import Checkpoint

# The longest that a new entry waits for a signature.
CHECKPOINT_EVERY = timedelta(seconds=10)
# A checkpoint bears no time; a heartbeat entry in a quiet log shows that the log is alive.
HEARTBEAT_EVERY = timedelta(minutes=5)


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


def _has_passed(span: timedelta, since: datetime, now: datetime) -> bool:
    """A clock that was set back counts as passed, so that it cannot silence the log until it catches up."""
    return now - since >= span or now < since
