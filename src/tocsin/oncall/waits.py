"""Read how long a step waits: an elapsed time, or business time, counted from when the calls begin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tocsin.domain.calendar import Calendar
from tocsin.domain.local_time import instant
from tocsin.domain.pack_file import Located

NEXT_BUSINESS_DAY = "next business day"
_BUSINESS = re.compile(r"(?P<count>\d{1,3}) business (?P<unit>day|hour)s?")
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """An elapsed time, the opening of the n-th business day, or some hours of working time."""

    elapsed: timedelta = timedelta()
    days: int = 0
    hours: int = 0
    calendar: Calendar | None = None

    def due(self, start: datetime) -> datetime:
        """Return the instant (UTC) that ends a wait which begins at `start`."""
        if self.calendar is None:
            return start + self.elapsed
        if self.hours:
            return self.calendar.add(start, timedelta(hours=self.hours))
        at = start
        for _ in range(self.days):
            at = _next_day(self.calendar, at)
        return at

    def may_follow(self, earlier: Wait) -> bool:
        """Say whether this can be later than another; of business time only its own kind is compared."""
        if (self.calendar is None) != (earlier.calendar is None):
            return True
        if self.calendar is None:
            return self.elapsed > earlier.elapsed
        same = (self.days > 0) == (earlier.days > 0)
        return not same or (self.days, self.hours) > (earlier.days, earlier.hours)


def read_wait(written: Located, calendar: Calendar | None) -> Wait:
    """Read `5m`, `next business day`, `2 business days` or `4 business hours`. Raises `PackProblem`."""
    text = written.text if written.kind == "str" else ""
    business = _BUSINESS.fullmatch(text)
    if text != NEXT_BUSINESS_DAY and business is None:
        return Wait(elapsed=written.duration())
    if calendar is None:
        raise written.problem(
            f"`{text}` needs a calendar.", "Name one in the policy (`calendar: NAME`) and under `calendars`."
        )
    if business is None:
        return Wait(days=1, calendar=calendar)
    count = int(business["count"])
    if not count:
        raise written.problem("a wait of no business time.", "Write `0m`, or at least 1.")
    if business["unit"] == "day":
        return Wait(days=count, calendar=calendar)
    return Wait(hours=count, calendar=calendar)


def _next_day(calendar: Calendar, at: datetime) -> datetime:
    """Return the next opening: of the same day while it is still closed, of a later one while it is open."""
    opening = calendar.next_open(at)
    if opening > at:
        return opening
    midnight = instant(at.astimezone(calendar.zone).date() + _A_DAY, time(), calendar.zone)
    return calendar.next_open(midnight)
