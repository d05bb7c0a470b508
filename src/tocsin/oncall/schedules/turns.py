"""Find whose turn a layer has at an instant, and between which instants that is so."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tocsin.domain.local_time import instant
from tocsin.oncall.schedules.schedule import FixedLayer, Layer, Restriction, Rotation

EVER = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
A_DAY = timedelta(days=1)
_DAYS = {Rotation.DAILY: 1, Rotation.WEEKLY: 7}
_DAYS_BACK, _DAYS_AHEAD = 2, 9
_KNOWN_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Between two instants nothing changes in a layer: one person's turn, or nobody's.

    `turn` is when the turn in the rotation began, `number` its place in the rotation, from 0.
    """

    start: datetime
    end: datetime
    person: str | None = None
    turn: datetime = EVER
    number: int = 0


def stretch(layer: Layer | FixedLayer, at: datetime) -> Stretch:
    """Return what a layer says of an instant. It may say the same again right after the end."""
    if isinstance(layer, FixedLayer):
        return _fixed(layer, at)
    begins = instant(layer.starts, layer.handover, layer.zone)
    if at < begins or not layer.people:
        return Stretch(EVER, begins if at < begins else FOREVER)
    ends = _ends(layer)
    if at >= ends:
        return Stretch(ends, FOREVER)
    number = _number(layer, at, begins)
    start = max(_handover(layer, number, begins), begins)
    end = min(_handover(layer, number + 1, begins), ends)
    turn = Stretch(start, end, layer.people[number % len(layer.people)], start, number)
    return _restricted(layer, turn, at) if layer.restrictions else turn


def _ends(layer: Layer) -> datetime:
    if layer.ends is None:
        return FOREVER
    return instant(layer.ends, layer.ends_at or layer.handover, layer.zone)


def _number(layer: Layer, at: datetime, begins: datetime) -> int:
    """Guess the turn by the local date, then step to the right one: dates can jump and fall back."""
    if layer.rotation is Rotation.HOURLY:
        return (at - begins) // timedelta(hours=layer.every)
    local = at.astimezone(layer.zone).date()
    if layer.rotation is Rotation.MONTHLY:
        number = (_months(local) - _first_month(layer)) // layer.every
    else:
        number = (local - _first_day(layer)).days // (_DAYS[layer.rotation] * layer.every)
    number = max(number, 0)
    while number and _handover(layer, number, begins) > at:
        number -= 1
    while _handover(layer, number + 1, begins) <= at:
        number += 1
    return number


def _handover(layer: Layer, number: int, begins: datetime) -> datetime:
    """Return when the turn of this number begins by the rotation alone."""
    if layer.rotation is Rotation.HOURLY:
        return begins + timedelta(hours=number * layer.every)
    if layer.rotation is Rotation.MONTHLY:
        day = _day_in_month(_first_month(layer) + number * layer.every, _day_of_month(layer))
    else:
        day = _first_day(layer) + timedelta(days=number * layer.every * _DAYS[layer.rotation])
    return instant(day, layer.handover, layer.zone)


def _first_day(layer: Layer) -> date:
    """Return the date of the handover of the first turn, on `starts` or up to 6 days before."""
    if layer.rotation is Rotation.DAILY or layer.on is None:
        return layer.starts
    return layer.starts - timedelta(days=(layer.starts.weekday() - layer.on) % 7)


def _day_of_month(layer: Layer) -> int:
    return layer.starts.day if layer.on is None else layer.on


def _first_month(layer: Layer) -> int:
    month = _months(layer.starts)
    return month if _day_in_month(month, _day_of_month(layer)) <= layer.starts else month - 1


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _day_in_month(months: int, day: int) -> date:
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def _restricted(layer: Layer, turn: Stretch, at: datetime) -> Stretch:
    """Cut a turn to the window that holds `at`, or return that nobody is on until the next one opens."""
    day = at.astimezone(layer.zone).date()
    closed_since = turn.start
    for opens, closes in _windows(layer.restrictions, layer.zone, day):
        if closes <= at:
            closed_since = max(closed_since, closes)
        elif opens <= at:
            start, end = max(turn.start, opens), min(turn.end, closes)
            return Stretch(start, end, turn.person, turn.turn, turn.number)
        else:
            return Stretch(closed_since, min(turn.end, opens))
    return Stretch(closed_since, min(turn.end, at + _KNOWN_AHEAD))


@lru_cache(maxsize=4096)
def _windows(
    restrictions: tuple[Restriction, ...], zone: ZoneInfo, day: date
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the windows around a date, sorted, those that touch made one.

    A week ahead is enough to meet every window; two days back hold every one that can still be open.
    """
    written = []
    for ahead in range(-_DAYS_BACK, _DAYS_AHEAD + 1):
        here = day + timedelta(days=ahead)
        for one in restrictions:
            if here.weekday() in one.days:
                last = here if one.ends > one.begins else here + A_DAY
                written.append((instant(here, one.begins, zone), instant(last, one.ends, zone)))
    merged: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(written):
        if closes <= opens:
            continue
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return tuple(merged)


def _fixed(layer: FixedLayer, at: datetime) -> Stretch:
    turns = layer.turns
    number = bisect_right(turns, at, key=lambda turn: turn.start) - 1
    if number >= 0 and at < turns[number].end:
        turn = turns[number]
        return Stretch(turn.start, turn.end, turn.person, turn.start, number)
    start = turns[number].end if number >= 0 else EVER
    return Stretch(start, turns[number + 1].start if number + 1 < len(turns) else FOREVER)
