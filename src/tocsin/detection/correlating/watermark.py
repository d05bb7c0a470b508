"""Up to which event time all sources were heard, so that what is decided stays decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.detection.state import micros
from tocsin.domain.source import SourceProgress

# A source that was not heard for this long is not waited for.
PATIENCE = timedelta(minutes=10)


def heard(sources: Iterable[SourceProgress], now: datetime) -> int:
    """Return up to when the sources were heard, in microseconds of event time since 1970.

    That is the least of the newest event times among the sources heard within PATIENCE; where there is none,
    PATIENCE before now. A source's clock that is ahead counts as now. The engine never goes back, so a source
    that comes back late doesn't undo what was decided.
    """
    newest = [
        min(each.newest, now)
        for each in sources
        if each.newest is not None and each.heard_at is not None and now - each.heard_at <= PATIENCE
    ]
    return micros(min(newest, default=now - PATIENCE))
