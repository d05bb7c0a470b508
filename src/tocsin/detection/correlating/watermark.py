"""Up to which event time each source was heard, and so what no longer waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tocsin.detection.state import micros
from tocsin.domain.source import SourceProgress

PATIENCE = timedelta(minutes=10)
"""How long a quiet source is waited for before time goes on without it."""


def watermarks(sources: Iterable[SourceProgress], now: datetime) -> Mapping[str, int]:
    """Return the event time up to which each source was heard, in microseconds since 1970.

    That is the newest event time it sent. A source that has been quiet for longer than `PATIENCE` is taken to
    lag behind as much as it did last: what it sends next is not older than that, so the time goes on with the
    clock. Sources that never sent a dated signal are left out.
    """
    return {
        each.source: _heard(each.newest, each.heard_at, now)
        for each in sources
        if each.newest and each.heard_at
    }


def _heard(newest: datetime, heard_at: datetime, now: datetime) -> int:
    quiet = max(now - heard_at - PATIENCE, timedelta())
    return micros(newest + quiet)
