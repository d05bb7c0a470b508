"""Up to which event time each source was heard, and so what no longer waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tocsin.detection.state import micros
from tocsin.domain.source import SourceProgress

PATIENCE = timedelta(minutes=10)
"""How long a quiet source is waited for at least before time goes on without it."""

NO_HABITS: Mapping[str, timedelta] = {}


def watermarks(
    sources: Iterable[SourceProgress], now: datetime, habits: Mapping[str, timedelta] = NO_HABITS
) -> Mapping[str, int]:
    """Return the event time up to which each source was heard, in microseconds since 1970.

    That is the newest event time it sent. A source that has been quiet for longer than it may be (`habits`,
    but `PATIENCE` at least) is taken to lag behind as much as it did last, so the time goes on with the
    clock. Sources that never sent a dated signal are left out.
    """
    return {
        each.source: _heard(
            each.newest, now - each.heard_at - max(habits.get(each.source, PATIENCE), PATIENCE)
        )
        for each in sources
        if each.newest and each.heard_at
    }


def _heard(newest: datetime, overdue: timedelta) -> int:
    return micros(newest + max(overdue, timedelta()))
