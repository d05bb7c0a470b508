"""Questions about when an event happened: in an interval, or in the weekly hours of a calendar (E6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from tocsin.detection.sigma.predicates import Op, Predicate

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_MINUTES = 1_440
WEEK_MINUTES = 7 * DAY_MINUTES

# Half-open, in microseconds since 1970; None is no limit.
Interval = tuple[int | None, int | None]
ALWAYS: Interval = (None, None)


def within(moment: int, interval: Interval) -> bool:
    """Say whether a moment lies in a half-open interval."""
    since, until = interval
    return (since is None or moment >= since) and (until is None or moment < until)


def overlap(one: Interval, other: Interval) -> Interval | None:
    """Return what two intervals have in common, None if nothing."""
    since = max((edge for edge in (one[0], other[0]) if edge is not None), default=None)
    until = min((edge for edge in (one[1], other[1]) if edge is not None), default=None)
    return None if since is not None and until is not None and since >= until else (since, until)


def during(valid: Interval) -> Predicate:
    """Return the question whether the event happened in an interval."""
    since, until = valid
    return Predicate(None, Op.DURING, f"{'' if since is None else since}..{'' if until is None else until}")


def clock_test(predicate: Predicate) -> Callable[[int], bool]:
    """Return the function that answers a question about time for microseconds since 1970."""
    text = str(predicate.value)
    if predicate.op is Op.CALENDAR:
        return CalendarTest(text)
    since, _, until = text.partition("..")
    interval = (int(since) if since else None, int(until) if until else None)
    return lambda moment: within(moment, interval)


class CalendarTest:
    """Says whether a moment lies in a calendar; `text` is a JSON list of zone, hours and holidays.

    Hours are half-open, in minutes since Monday 0:00 of the zone, and may run into the next week.
    """

    def __init__(self, text: str) -> None:
        zone, self._hours, holidays = orjson.loads(text)
        self._zone = ZoneInfo(zone)
        self._holidays = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in holidays]

    def __call__(self, moment: int) -> bool:
        """Answer for microseconds since 1970. On a holiday of the zone nothing is inside."""
        local = (EPOCH + moment * MICROSECOND).astimezone(self._zone)
        if any(first <= local.date() <= last for first, last in self._holidays):
            return False
        minute = local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute
        return any(
            start <= minute < end or start <= minute + WEEK_MINUTES < end for start, end in self._hours
        )
