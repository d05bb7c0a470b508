"""Report what a schedule leaves open: every minute in which nobody is on call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.override import Override
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Between two instants nobody is on call."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """Return how long it lasts, in whole minutes, a begun one counted."""
        return -(-int((self.end - self.start).total_seconds()) // 60)


def gaps(
    schedule: Schedule, overrides: Iterable[Override], start: datetime, end: datetime
) -> tuple[Gap, ...]:
    """Return every gap between two instants, sorted."""
    found = []
    covered = start
    for shift in shifts(schedule, overrides, start, end):
        if shift.start > covered:
            found.append(Gap(start=covered, end=shift.start))
        covered = max(covered, shift.end)
    if covered < end:
        found.append(Gap(start=covered, end=end))
    return tuple(found)
