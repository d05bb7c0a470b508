"""Who is on call at one minute by GoAlert's rules (`oncall/` and `schedule/rotation/` of target/goalert).

A temporary schedule counts alone while it holds. Else everybody is on call whose rule is active: a person, or
whose turn it is in a rotation; then overrides put others in their place, take them off, and add others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.oncall.imports.rows import Book, Row, moment, several, text, texts, under, whole

_HOURS = {"hourly": 1, "daily": 24, "weekly": 168}


def rules(book: Book, now: datetime) -> Callable[[str, datetime], frozenset[str]]:
    """Return what says, for a schedule's id and an instant, the ids of who is on call.

    `now` stands for when a rotation's active user was asked for, if the export does not tell it.
    """
    rotations = {key: _Rotation(row, now) for key, row in book.by_id("rotations").items()}
    schedules = book.by_id("schedules")

    def on_call(key: str, at: datetime) -> frozenset[str]:
        if key.startswith("rotation:"):
            return frozenset({rotations[key.removeprefix("rotation:")].at(at)})
        row = schedules[key]
        temporary = [one for one in several(row, "temporarySchedules") if _holds(one, at)]
        if temporary:
            shifts = (shift for one in temporary for shift in several(one, "shifts"))
            return frozenset(text(shift, "userID") for shift in shifts if _holds(shift, at))
        local = at.astimezone(_zone(text(row, "timeZone"))).replace(tzinfo=None)
        people = {_called(target, rotations, at) for target in _active(row, local)}
        return _overridden(people - {""}, [one for one in _overrides(book, key) if _holds(one, at)])

    return on_call


def _active(schedule: Row, local: datetime) -> list[Row]:
    """Return the targets of which a rule holds at a local time."""
    return [
        under(one, "target")
        for one in several(schedule, "targets")
        if any(_is_active(rule, local) for rule in several(one, "rules"))
    ]


def _called(target: Row, rotations: Mapping[str, _Rotation], at: datetime) -> str:
    """Return whom a target of a schedule means, empty when that is nobody."""
    if text(target, "type") == "user":
        return text(target, "id")
    rotation = rotations.get(text(target, "id"))
    return rotation.at(at) if rotation else ""


class _Rotation:
    """One rotation; it counts from the handover that the export names."""

    def __init__(self, row: Row, now: datetime) -> None:
        self._zone = _zone(text(row, "timeZone"))
        self._users = texts(row, "userIDs") or [text(one, "id") for one in several(row, "users")]
        self._kind, self._length = text(row, "type"), max(whole(row, "shiftLength", 1), 1)
        self._start = moment(row, "start") or now
        handovers = texts(row, "nextHandoffTimes")
        known = moment({"": handovers[0]}, "") if handovers else None
        seen = known - timedelta(seconds=1) if known else now
        self._offset = whole(row, "activeUserIndex") - self._turn(seen)

    def at(self, at: datetime) -> str:
        return self._users[(self._turn(at) + self._offset) % len(self._users)] if self._users else ""

    def _turn(self, at: datetime) -> int:
        start = self._start.astimezone(self._zone).replace(tzinfo=None)
        local = at.astimezone(self._zone).replace(tzinfo=None)
        if self._kind == "monthly":
            months = 12 * (local.year - start.year) + local.month - start.month
            if local.day < start.day or (local.day == start.day and local.time() < start.time()):
                months -= 1
            return months // self._length
        hours = _HOURS.get(self._kind, 24) * self._length
        by_the_wall = hours % 24 == 0 or 24 % hours == 0
        passed = local - start if by_the_wall else at - self._start
        return passed // timedelta(hours=hours)


def _overridden(people: set[str], overrides: list[Row]) -> frozenset[str]:
    instead: dict[str, str] = {}
    added = set()
    for one in overrides:
        comes = text(one, "addUserID") or text(under(one, "addUser"), "id")
        goes = text(one, "removeUserID") or text(under(one, "removeUser"), "id")
        if goes:
            instead[goes] = comes
        else:
            added.add(comes)
    return frozenset({instead.get(one, one) for one in people} | added) - {""}


def _overrides(book: Book, key: str) -> list[Row]:
    return [
        one
        for one in book.all("userOverrides")
        if key in (text(under(one, "target"), "id"), text(one, "_of"))
    ]


def _holds(row: Row, at: datetime) -> bool:
    start, end = moment(row, "start"), moment(row, "end")
    return start is not None and end is not None and start <= at < end


def _is_active(rule: Row, local: datetime) -> bool:
    start, end = time.fromisoformat(text(rule, "start")), time.fromisoformat(text(rule, "end"))
    listed = rule.get("weekdayFilter")
    days = listed if isinstance(listed, list) else [True] * 7
    today, yesterday = days[local.isoweekday() % 7], days[(local.isoweekday() - 1) % 7]
    if start < end:
        return bool(today) and start <= local.time() < end
    return bool(today and local.time() >= start) or bool(yesterday and local.time() < end)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
