"""Time intervals of an `alertmanager.yml`: when a route is muted or active."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Range = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One member of a named list of intervals; a time is within when every part that is given holds.

    `minutes` are half-open ranges of minutes since midnight, all others are inclusive: `weekdays` with 0 for
    Sunday, `days` of the month, from the end when negative, `months` 1 to 12, `years`. None: not given; an
    empty tuple holds for no time. Without a zone, UTC.
    """

    minutes: tuple[Range, ...] | None = None
    weekdays: tuple[Range, ...] | None = None
    days: tuple[Range, ...] | None = None
    months: tuple[Range, ...] | None = None
    years: tuple[Range, ...] | None = None
    zone: ZoneInfo | None = None


def is_within(interval: Interval, at: datetime) -> bool:
    """Say whether an aware time lies within the interval."""
    local = at.astimezone(interval.zone or UTC)
    minute = local.hour * 60 + local.minute
    return (
        (interval.minutes is None or any(start <= minute < end for start, end in interval.minutes))
        and (interval.days is None or _has_day(interval.days, local))
        and _holds(interval.months, local.month)
        and _holds(interval.weekdays, local.isoweekday() % 7)
        and _holds(interval.years, local.year)
    )


def is_within_any(intervals: Iterable[Interval], at: datetime) -> bool:
    """Say whether an aware time lies within one of the intervals."""
    return any(is_within(each, at) for each in intervals)


def first_within(
    names: Iterable[str], intervals: Mapping[str, tuple[Interval, ...]], at: datetime
) -> str | None:
    """Return the first name whose intervals hold at the time, None if none does."""
    return next((name for name in names if is_within_any(intervals[name], at)), None)


def muted_by(
    mute: tuple[str, ...],
    active: tuple[str, ...],
    intervals: Mapping[str, tuple[Interval, ...]],
    at: datetime,
) -> str | None:
    """Say in words which of a route's time intervals keeps it quiet at a time, None if it may speak."""
    if active and first_within(active, intervals, at) is None:
        return f"outside its active time intervals ({', '.join(active)})"
    name = first_within(mute, intervals, at)
    return None if name is None else f"within its mute time interval {name}"


def _holds(ranges: tuple[Range, ...] | None, number: int) -> bool:
    return ranges is None or any(first <= number <= last for first, last in ranges)


def _has_day(ranges: tuple[Range, ...], local: datetime) -> bool:
    length = calendar.monthrange(local.year, local.month)[1]
    for first, last in ranges:
        begin = first if first > 0 else length + first + 1
        end = last if last > 0 else length + last + 1
        # A range that begins after a short month's end is not moved into it.
        if begin <= length and begin <= local.day <= end:
            return True
    return False
