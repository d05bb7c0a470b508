"""Who is on call at one minute by PagerDuty's rules: overrides first, then the first layer that has somebody.

Turns whose length divides a day, or is made of whole days, are counted by the clock on the wall, so that a
handover stays at its time of day; others are counted in elapsed time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.oncall.imports.rows import Book, Row, moment, several, text, under, whole

_DAY, _WEEK = 86_400, 7 * 86_400


def rules(book: Book) -> Callable[[str, datetime], frozenset[str]]:
    """Return what says, for a schedule's id and an instant, the ids of who is on call."""
    known = {text(row, "id"): _Schedule(row, book) for row in book.all("schedules")}
    return lambda key, at: known[key].at(at)


class _Schedule:
    """One schedule of the export."""

    def __init__(self, row: Row, book: Book) -> None:
        self._zone = _zone(text(row, "time_zone"))
        self._layers = several(row, "schedule_layers")
        rendered = several(under(row, "overrides_subschedule"), "rendered_schedule_entries")
        self._overrides = [
            (moment(one, "start"), moment(one, "end"), text(under(one, "user"), "id"))
            for one in book.of("overrides", text(row, "id")) or rendered
        ]

    def at(self, at: datetime) -> frozenset[str]:
        for start, end, user in reversed(self._overrides):
            if start is not None and end is not None and start <= at < end:
                return frozenset({user})
        local = at.astimezone(self._zone).replace(tzinfo=None)
        for layer in self._layers:
            user = self._by_layer(layer, at, local)
            if user:
                return frozenset({user})
        return frozenset()

    def _by_layer(self, layer: Row, at: datetime, local: datetime) -> str:
        start, end = moment(layer, "start"), moment(layer, "end")
        users = several(layer, "users")
        virtual = moment(layer, "rotation_virtual_start") or start
        length = whole(layer, "rotation_turn_length_seconds")
        if virtual is None or not users or length <= 0 or length % 3600:
            return ""
        if (start is not None and at < start) or (end is not None and at >= end):
            return ""
        if not self._is_open(several(layer, "restrictions"), local):
            return ""
        if length % _DAY == 0 or _DAY % length == 0:
            passed = local - virtual.astimezone(self._zone).replace(tzinfo=None)
        else:
            passed = at - virtual
        return text(under(users[passed // timedelta(seconds=length) % len(users)], "user"), "id")

    def _is_open(self, restrictions: tuple[Row, ...], local: datetime) -> bool:
        if not restrictions:
            return True
        today = local.hour * 3600 + local.minute * 60
        for one in restrictions:
            opens = time.fromisoformat(text(one, "start_time_of_day"))
            begins = opens.hour * 3600 + opens.minute * 60
            lasts = whole(one, "duration_seconds")
            if text(one, "type") == "weekly_restriction":
                begins += (whole(one, "start_day_of_week", 1) - 1) * _DAY
                if (local.weekday() * _DAY + today - begins) % _WEEK < lasts:
                    return True
            elif (today - begins) % _DAY < lasts:
                return True
        return False


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
