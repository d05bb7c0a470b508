"""A team's business time: its zone, workdays, opening hours and holidays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.errors import Explained
from tocsin.domain.local_time import UTC_ZONE, WEEKDAYS, instant

MONDAY_TO_FRIDAY = frozenset(range(5))
A_DAY = timedelta(days=1)
MAX_CLOSED_DAYS = 1000
"""A calendar that is closed for longer has no next business day; a wrong holiday file is the usual cause."""


class NeverOpen(Explained):
    """A calendar has no business day for years."""

    code = "calendar_never_open"


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """A number of business days, at least 1."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A team's business time. `workdays` are weekday numbers (Monday 0), never empty.

    `closes` is later than `opens`; both are local to `zone`, by the rule of `local_time.instant`.
    """

    zone: ZoneInfo = UTC_ZONE
    workdays: frozenset[int] = MONDAY_TO_FRIDAY
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        """Say whether people work on that date."""
        return day.weekday() in self.workdays and day not in self.holidays

    def is_open(self, at: datetime) -> bool:
        """Say whether an instant lies in opening hours."""
        opens, closes = self._hours(self._local_day(at))
        return self.is_business_day(self._local_day(at)) and opens <= at < closes

    def next_open(self, at: datetime) -> datetime:
        """Return the first open instant from `at` on: `at` itself when it is open. Raises `NeverOpen`."""
        day = self._local_day(at)
        if not self.is_business_day(day) or at >= self._hours(day)[1]:
            day = self._business_day_after(day)
        return max(at, self._hours(day)[0])

    def add(self, at: datetime, amount: timedelta | BusinessDays) -> datetime:
        """Return the instant when so much business time went by after `at`.

        A duration counts open hours only; days end at closing time, as `end_after` says. Raises `NeverOpen`.
        """
        if isinstance(amount, BusinessDays):
            return self.end_after(at, amount.count)
        left = amount
        while True:
            at = self.next_open(at)
            closes = self._hours(self._local_day(at))[1]
            if at + left <= closes:
                return at + left
            left -= closes - at
            at = closes

    def end_after(self, start: datetime, days: int) -> datetime:
        """Return the end of the n-th business day after the local date of `start`, in UTC.

        The day of `start` does not count. Raises `NeverOpen`.
        """
        day = self._local_day(start)
        for _ in range(days):
            day = self._business_day_after(day)
        return self._hours(day)[1]

    @property
    def spoken(self) -> str:
        """Return the calendar as words, kept with each clock that was computed from it."""
        days = " ".join(WEEKDAYS[number] for number in sorted(self.workdays))
        holidays = ", ".join(day.isoformat() for day in sorted(self.holidays)) or "no holidays"
        return f"{days} until {self.closes:%H:%M} in {self.zone.key}, {holidays}"

    @property
    def version(self) -> str:
        """Return 12 hexadecimal digits that change when anything of the calendar does."""
        whole = f"{self.opens:%H:%M} {self.spoken}"
        return hashlib.sha256(whole.encode()).hexdigest()[:12]

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        return instant(day, self.opens, self.zone), instant(day, self.closes, self.zone)

    def _business_day_after(self, day: date) -> date:
        for _ in range(MAX_CLOSED_DAYS):
            day += A_DAY
            if self.is_business_day(day):
                return day
        raise NeverOpen(
            f"The calendar has no business day in the {MAX_CLOSED_DAYS} days before {day}.",
            means="A deadline in business time cannot be computed from it.",
            next_step="Correct its workdays or its holidays; a yearless holiday file can close every day.",
        )
