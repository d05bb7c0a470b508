"""Who is on call at one minute by Opsgenie's rules: each rotation gives one person, all of them are on call.

An override takes the place of all rotations, or of those it names, for the whole of its time; a forwarding
rule then puts one person in another's place. Turns whose length divides a day, or is made of whole days, are
counted by the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.oncall.imports.rows import Book, Row, moment, several, text, under, whole

_HOURS = {"hourly": 1, "daily": 24, "weekly": 168}
_WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def rules(book: Book) -> Callable[[str, datetime], frozenset[str]]:
    """Return what says, for a schedule's id and an instant, the ids of who is on call."""
    export = _Export(book)
    return export.on_call


class _Export:
    """The schedules of an export, with what changes them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._schedules = book.by_id("schedules")
        self._ids = {text(row, "username"): text(row, "id") for row in book.all("users")}

    def on_call(self, key: str, at: datetime) -> frozenset[str]:
        row = self._schedules[key]
        turns: dict[str, str] = {}
        for rotation in several(row, "rotations"):
            whose = _turn(rotation, at, _zone(text(row, "timezone")))
            if whose is not None:
                turns[text(rotation, "id")] = self._user(whose)
        for override in _overrides(self._book, row):
            if _covers(override, at):
                named = [text(one, "id") for one in several(override, "rotations")]
                if not named:
                    turns.clear()
                turns.update(dict.fromkeys(named or [""], self._user(under(override, "user"))))
        return frozenset(self._forwarded(one, at) for one in turns.values())

    def _user(self, row: Row) -> str:
        name = text(row, "username") or text(row, "name")
        return text(row, "id") or self._ids.get(name, name)

    def _forwarded(self, key: str, at: datetime) -> str:
        for row in self._book.all("forwarding_rules"):
            if key == self._user(under(row, "fromUser")) and _covers(row, at):
                return self._user(under(row, "toUser"))
        return key


def _overrides(book: Book, row: Row) -> list[Row]:
    key = text(row, "id")
    apart = [
        one for one in book.all("overrides") if key in (text(one, "_of"), text(under(one, "_parent"), "id"))
    ]
    return [*several(row, "overrides"), *apart]


def _covers(row: Row, at: datetime) -> bool:
    start, end = moment(row, "startDate"), moment(row, "endDate")
    return start is not None and end is not None and start <= at < end


def _turn(row: Row, at: datetime, zone: tzinfo) -> Row | None:
    start, end = moment(row, "startDate"), moment(row, "endDate")
    local = at.astimezone(zone).replace(tzinfo=None)
    users = [one for one in several(row, "participants") if text(one, "type") == "user"]
    hours = _HOURS.get(text(row, "type"), 0) * whole(row, "length", 1)
    if start is None or not users or hours <= 0 or at < start or (end is not None and at >= end):
        return None
    if not _is_open(under(row, "timeRestriction"), local):
        return None
    if hours % 24 == 0 or 24 % hours == 0:
        passed = local - start.astimezone(zone).replace(tzinfo=None)
    else:
        passed = at - start
    return users[passed // timedelta(hours=hours) % len(users)]


def _is_open(row: Row, local: datetime) -> bool:
    now = local.hour * 60 + local.minute
    if text(row, "type") == "time-of-day":
        return _within(under(row, "restriction"), now, 1440)
    windows = several(row, "restrictions")
    return not windows or any(_within(one, local.weekday() * 1440 + now, 10080) for one in windows)


def _within(one: Row, now: int, circle: int) -> bool:
    begins, ends = (
        (_WEEK.index(text(one, f"{at}Day")) * 1440 if circle > 1440 else 0)
        + whole(one, f"{at}Hour") * 60
        + whole(one, f"{at}Min")
        for at in ("start", "end")
    )
    return (now - begins) % circle < ((ends - begins) % circle or circle)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
