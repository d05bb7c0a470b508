"""Say who is on call at an instant; shifts count days of the local calendar, so some last 23 or 25 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Rotation(StrEnum):
    """How often the next person takes over."""

    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def days(self) -> int:
        """Return the length of a shift in local calendar days."""
        return {"daily": 1, "weekly": 7}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One rotation. The first person's first shift begins at `handover` (local) on the date `starts`.

    `people` are usernames in the order of the rotation.
    """

    zone: ZoneInfo
    rotation: Rotation
    handover: time
    starts: date
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who is on call, and until which instant (UTC). `secondary` is None in a rotation of one person."""

    primary: str
    secondary: str | None
    until: datetime


def on_call(schedule: Schedule, at: datetime) -> OnCall | None:
    """Return who is on call at an instant, None before the schedule starts or when nobody is listed.

    The secondary is the next in the rotation. Where a handover's local time is skipped by a change of clocks,
    it is taken with the offset from before the change (02:30 becomes 03:30); where it comes twice, the first.
    """
    people = schedule.people
    if not people or at < _begins(schedule, 0):
        return None
    local_day = at.astimezone(schedule.zone).date()
    shift = max((local_day - schedule.starts).days // schedule.rotation.days, 0)
    while _begins(schedule, shift) > at:
        shift -= 1
    while _begins(schedule, shift + 1) <= at:
        shift += 1
    return OnCall(
        primary=people[shift % len(people)],
        secondary=people[(shift + 1) % len(people)] if len(people) > 1 else None,
        until=_begins(schedule, shift + 1),
    )


def _begins(schedule: Schedule, shift: int) -> datetime:
    """Python's `fold=0` is the rule above: the offset before a gap, the first of two equal local times."""
    day = schedule.starts + timedelta(days=shift * schedule.rotation.days)
    return datetime.combine(day, schedule.handover, tzinfo=schedule.zone).replace(fold=0).astimezone(UTC)
