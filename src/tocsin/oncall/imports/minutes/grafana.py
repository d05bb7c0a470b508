"""Who is on call at one minute by Grafana OnCall's rules: the events that hold it, of the highest level only.

An event begins at a local time and lasts as long on the clock on the wall. Of each shift it is asked whether
one of its events began within its length before the minute, and which group has that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.oncall.imports.rows import Book, Row, local, text, texts, whole

_WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC).replace(tzinfo=None)


def rules(book: Book) -> Callable[[str, datetime], frozenset[str]]:
    """Return what says, for a schedule's id and an instant, the ids of who is on call."""
    events: dict[str, list[_Events]] = {}
    for row in book.all("schedules"):
        key, named = text(row, "id"), texts(row, "shifts")
        mine = [
            one
            for one in book.all("on_call_shifts")
            if text(one, "id") in named or text(one, "schedule") == key
        ]
        events[key] = [
            _Events(one, text(one, "time_zone") or text(row, "time_zone") or "UTC") for one in mine
        ]

    def on_call(key: str, at: datetime) -> frozenset[str]:
        found: dict[float, set[str]] = {}
        for shift in events[key]:
            found.setdefault(shift.level, set()).update(shift.at(at))
        return frozenset(next((found[level] for level in sorted(found, reverse=True) if found[level]), ()))

    return on_call


class _Events:
    """The events of one shift."""

    def __init__(self, row: Row, zone: str) -> None:
        self._kind = text(row, "type")
        self.level = float("inf") if self._kind == "override" else float(whole(row, "level"))
        self._zone = _zone(zone)
        self._start = local(row, "start") or _NEVER
        self._from = local(row, "rotation_start") or self._start
        self._until = local(row, "until") or _NEVER
        self._lasts = timedelta(seconds=whole(row, "duration"))
        self._frequency, self._interval = text(row, "frequency"), max(whole(row, "interval", 1), 1)
        week = text(row, "week_start") or "SU"
        self._week_start = _WEEK.index(week)
        self._days = [_WEEK.index(day) for day in texts(row, "by_day")]
        rolling = row.get("rolling_users")
        self._groups: Sequence[Sequence[str]] = [texts(row, "users")]
        if isinstance(rolling, list):
            groups = [one for one in (texts({"": each}, "") for each in rolling)]
            first = whole(row, "start_rotation_from_user_index")
            self._groups = [groups[(first + number) % len(groups)] for number in range(len(groups))]

    def at(self, at: datetime) -> Sequence[str]:
        now = at.astimezone(self._zone).replace(tzinfo=None)
        if self._kind in ("single_event", "override"):
            return self._groups[0] if self._start <= now < self._start + self._lasts else ()
        if now >= self._until:
            return ()
        for began in self._candidates(now):
            if began >= self._start and began >= self._from and began <= now < began + self._lasts:
                number = self._number(began)
                if number is not None:
                    return self._groups[number % len(self._groups)]
        return ()

    def _candidates(self, now: datetime) -> Iterator[datetime]:
        if self._frequency == "hourly":
            length = self._interval * _HOUR
            yield self._start + (now - self._start) // length * length
            return
        here = now.replace(hour=self._start.hour, minute=self._start.minute, second=self._start.second)
        for back in range(self._lasts // _DAY + 2):
            yield here - back * _DAY

    def _number(self, began: datetime) -> int | None:
        """Return the how many-th event of the rotation this would be, None if there is none on that day."""
        if self._frequency == "hourly":
            if self._days and began.weekday() not in self._days:
                return None
            return (began - self._start) // (self._interval * _HOUR)
        days = (began.date() - self._start.date()).days
        if self._frequency == "daily" and self._days:
            return self._selected(began)
        if self._frequency == "daily":
            return days // self._interval if days % self._interval == 0 else None
        if self._frequency == "weekly":
            if began.weekday() not in (self._days or [self._start.weekday()]):
                return None
            into_week = (self._start.weekday() - self._week_start) % 7
            weeks = (days + into_week) // 7
            return weeks // self._interval if weeks % self._interval == 0 else None
        months = (began.year - self._start.year) * 12 + began.month - self._start.month
        fits = began.day == self._start.day and months % self._interval == 0
        return months // self._interval if fits else None

    def _selected(self, began: datetime) -> int | None:
        """Count the selected days one by one; a start on another day moves to the first of its week."""
        if began.weekday() not in self._days:
            return None
        first = self._start
        if first.weekday() not in self._days:
            ordered = [(self._week_start + number) % 7 for number in range(7)]
            wanted = next(day for day in ordered if day in self._days)
            while first.weekday() != wanted:
                first += _DAY
        whole_weeks, rest = divmod((began.date() - first.date()).days, 7)
        within = sum((first + number * _DAY).weekday() in self._days for number in range(rest))
        return (whole_weeks * len(self._days) + within) // self._interval


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
