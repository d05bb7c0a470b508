"""Count business days in a team's own zone, with its holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UTC_ZONE = ZoneInfo("UTC")
MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A team's business days. `workdays` are weekday numbers (Monday 0), never empty."""

    zone: ZoneInfo = UTC_ZONE
    workdays: frozenset[int] = MONDAY_TO_FRIDAY
    day_ends: time = time(17)
    holidays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        """Say whether people work on that date."""
        return day.weekday() in self.workdays and day not in self.holidays

    def end_after(self, start: datetime, days: int) -> datetime:
        """Return the end of the n-th business day after the local date of `start`, in UTC.

        The day of `start` does not count. A local end that a change of clocks skips is taken with the offset
        from before the change; one that comes twice is its first.
        """
        day = start.astimezone(self.zone).date()
        left = days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_business_day(day)
        return datetime.combine(day, self.day_ends, tzinfo=self.zone).replace(fold=0).astimezone(UTC)

    @property
    def spoken(self) -> str:
        """Return the calendar as words, kept with each clock that was computed from it."""
        days = " ".join(WEEKDAYS[number] for number in sorted(self.workdays))
        holidays = ", ".join(day.isoformat() for day in sorted(self.holidays)) or "no holidays"
        return f"{days} until {self.day_ends:%H:%M} in {self.zone.key}, {holidays}"
