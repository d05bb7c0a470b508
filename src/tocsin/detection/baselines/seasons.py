"""Windows of a time zone's days and hours, and which past windows are like the current one (E3)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tocsin.detection.sigma.extension import Baseline, Season
from tocsin.detection.state import instant, micros

_SATURDAY = 5
_NAMES = {True: "weekends", False: "weekdays"}
# Local times are counted from a Monday, so that windows of whole weeks begin on Mondays.
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seasons:
    """The windows of one baseline; `span` in seconds, all other times in microseconds since 1970."""

    baseline: Baseline
    span: int

    def start(self, time: int) -> int:
        """Return when the window that includes a time began: aligned to the zone's days or hours."""
        return _start(self, time)

    def before(self, start: int) -> int:
        """Return when the window before the one that began at `start` began."""
        return self.start(start - 1)

    def end(self, start: int) -> int:
        """Return when the window that began at `start` ends."""
        length = self.span * 1_000_000
        end = self.start(start + length)
        # A day of 25 hours is longer than its span; the next window begins within the hours after it.
        return end if end > start else self.start(start + length + 7_200_000_000)

    def season(self, start: int) -> int:
        """Return a number that like windows share."""
        local = instant(start).astimezone(self.baseline.zone)
        if self.baseline.season is Season.WEEKDAY_TYPE:
            return int(local.weekday() >= _SATURDAY)
        if self.baseline.season is Season.HOUR_OF_WEEK:
            return local.weekday() * 24 + local.hour
        return 0

    def excluded(self, start: int) -> bool:
        """Say whether a window begins on a day that is neither learned nor judged."""
        day = instant(start).astimezone(self.baseline.zone).date()
        return any(first <= day <= last for first, last in self.baseline.exclude)

    def like(self, start: int) -> tuple[int, ...]:
        """Return the starts of the past windows within the history that are like one, the oldest first."""
        return _like(self, start)

    def since(self, start: int, first: int) -> tuple[int, ...]:
        """Return the past windows that are like one and don't begin before `first`."""
        like = self.like(start)
        return like[bisect_left(like, first) :]

    def words(self, start: int) -> str:
        """Return what a count was compared with, for people: `28 days, weekdays`."""
        days = f"{self.baseline.history // 86_400} days"
        if self.baseline.season is Season.WEEKDAY_TYPE:
            return f"{days}, {_NAMES[bool(self.season(start))]}"
        if self.baseline.season is Season.HOUR_OF_WEEK:
            local = instant(start).astimezone(self.baseline.zone)
            return f"{days}, {local:%A} {local:%H}h"
        return days


@lru_cache(maxsize=4_096)
def _start(seasons: Seasons, time: int) -> int:
    zone = seasons.baseline.zone
    # The wall's reading, as if it were UTC, so that days are days however long they are.
    wall = instant(time).astimezone(zone).replace(tzinfo=UTC)
    begun = (wall - (wall - _MONDAY) % timedelta(seconds=seasons.span)).replace(tzinfo=zone)
    start = micros(begun.astimezone(UTC))
    # Where a clock repeats an hour, the window may begin at the second of two equal readings.
    again = micros(begun.replace(fold=1).astimezone(UTC))
    return again if again <= time else start


@lru_cache(maxsize=4_096)
def _like(seasons: Seasons, start: int) -> tuple[int, ...]:
    wanted = seasons.season(start)
    oldest = start - seasons.baseline.history * 1_000_000
    found = []
    past = seasons.before(start)
    while past >= oldest:
        if seasons.season(past) == wanted and not seasons.excluded(past):
            found.append(past)
        past = seasons.before(past)
    return tuple(reversed(found))
