"""Turn the shifts of Grafana OnCall, which are calendar events that recur, into rotations and windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import gcd
from zoneinfo import ZoneInfo

from tocsin.domain.local_time import instant
from tocsin.oncall.imports.rows import Row, local, text, texts, whole
from tocsin.oncall.imports.turning import Turning, Unit
from tocsin.oncall.imports.windows import A_DAY, windows
from tocsin.oncall.schedules.schedule import Restriction

_A_DAY = timedelta(days=1)
_A_WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_TURNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift of the export. Times are local; `days` are weekdays (Monday 0), empty for any."""

    name: str
    kind: str
    zone: ZoneInfo
    level: int
    start: datetime
    begins: datetime
    until: datetime | None
    lasts: timedelta
    frequency: str
    interval: int
    week_start: int
    days: frozenset[int]
    elsewhere: bool
    groups: tuple[tuple[str, ...], ...]


def read_shift(row: Row, zone: ZoneInfo) -> Shift | None:
    """Read one shift; None where it has no start or no length."""
    start, lasts = local(row, "start"), whole(row, "duration") // 60
    if start is None or lasts <= 0:
        return None
    rolling = row.get("rolling_users")
    groups = tuple(texts({"": one}, "") for one in rolling) if isinstance(rolling, list) else ()
    first = whole(row, "start_rotation_from_user_index") % max(len(groups), 1)
    week = text(row, "week_start") or "SU"
    return Shift(
        name=text(row, "name"),
        kind=text(row, "type"),
        zone=zone,
        level=whole(row, "level"),
        start=start,
        begins=max(local(row, "rotation_start") or start, start),
        until=local(row, "until"),
        lasts=timedelta(minutes=lasts),
        frequency=text(row, "frequency"),
        interval=max(whole(row, "interval", 1), 1),
        week_start=_WEEKDAYS.index(week) if week in _WEEKDAYS else 6,
        days=frozenset(_WEEKDAYS.index(day) for day in texts(row, "by_day") if day in _WEEKDAYS),
        elsewhere=any(isinstance(row.get(key), list) and row[key] for key in ("by_month", "by_monthday")),
        groups=(*groups[first:], *groups[:first]) or (texts(row, "users"),),
    )


def turnings(shift: Shift) -> tuple[Turning, ...] | None:
    """Return the rotations that make a shift of groups of one each; None where ours cannot say it.

    What recurs by the month, only in some months, or leaves whole days between its turns cannot be written.
    """
    if shift.kind == "single_event":
        return (_turning(shift, Unit.DAYS, 1, shift.start, ends=shift.start + shift.lasts),)
    if shift.elsewhere:
        return None
    found = {"hourly": _hourly, "daily": _daily, "weekly": _weekly}.get(shift.frequency)
    return found(shift) if found else None


def _hourly(shift: Shift) -> tuple[Turning, ...] | None:
    length = shift.interval * _HOUR
    if shift.lasts > length or (_A_DAY % length and (shift.lasts < length or shift.days)):
        return None
    only: tuple[Restriction, ...] = ()
    if shift.lasts < length or shift.days:
        opens = (_minute(shift.start + number * length) for number in range(_A_DAY // length))
        only = _windows(shift, tuple(opens))
    return (_turning(shift, Unit.HOURS, shift.interval, shift.start, only=only),)


def _daily(shift: Shift) -> tuple[Turning, ...] | None:
    length = shift.interval * _A_DAY
    if shift.days:
        alone = len(shift.groups) == 1 and (shift.kind == "rolling_users" or shift.interval == 1)
        if shift.lasts > _A_DAY or not (alone or shift.kind == "rolling_users"):
            return None
        return tuple(_by_selected_days(shift))
    if shift.lasts == length:
        return (_turning(shift, Unit.DAYS, shift.interval, shift.start),)
    if shift.interval > 1 or shift.lasts > length:
        return None
    only = _windows(shift, (_minute(shift.start),))
    return (_turning(shift, Unit.DAYS, 1, shift.start, only=only),)


def _by_selected_days(shift: Shift) -> Iterator[Turning]:
    """Yield a rotation for each weekday: the groups take turns at the selected days, one after another."""
    first = shift.start
    if first.weekday() not in shift.days:
        wanted = min(shift.days, key=lambda day: (day - shift.week_start) % 7)
        first += (wanted - first.weekday()) % 7 * _A_DAY
    week = [first + number * _A_DAY for number in range(7)]
    selected = [day for day in week if day.weekday() in shift.days]
    whole_round = shift.interval * len(shift.groups)
    weeks = whole_round // gcd(len(selected), whole_round)
    for number, day in enumerate(selected):
        order = [
            shift.groups[(number + week * len(selected)) // shift.interval % len(shift.groups)]
            for week in range(min(weeks, MOST_TURNS))
        ]
        only = windows([(day.weekday() * A_DAY + _minute(day), shift.lasts // timedelta(minutes=1))])
        yield _turning(shift, Unit.DAYS, 7, day, only=only, groups=tuple(order))


def _weekly(shift: Shift) -> tuple[Turning, ...] | None:
    days = shift.days or frozenset({shift.start.weekday()})
    if len(days) == 1 and shift.start.weekday() in days and shift.lasts == shift.interval * _A_WEEK:
        return (_turning(shift, Unit.DAYS, 7 * shift.interval, shift.start),)
    if shift.interval > 1 or shift.lasts > _apart(days):
        return None
    only = windows((day * A_DAY + _minute(shift.start), shift.lasts // timedelta(minutes=1)) for day in days)
    # The groups change with the first event of a week, so that an event that runs over midnight stays whole.
    opens = min(days, key=lambda day: (day - shift.week_start) % 7)
    anchor = shift.start - (shift.start.weekday() - opens) % 7 * _A_DAY
    if (opens - shift.week_start) % 7 > (shift.start.weekday() - shift.week_start) % 7:
        anchor += _A_WEEK
    return (_turning(shift, Unit.DAYS, 7, anchor, only=only),)


def _apart(days: frozenset[int]) -> timedelta:
    """Return the shortest time between two of some weekdays."""
    circle = [*sorted(days), min(days) + 7]
    return min(later - one for one, later in pairwise(circle)) * _A_DAY


def _windows(shift: Shift, opens: tuple[int, ...]) -> tuple[Restriction, ...]:
    days = shift.days or frozenset(range(7))
    lasts = shift.lasts // timedelta(minutes=1)
    return windows((day * A_DAY + at, lasts) for day in days for at in opens)


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


def _turning(
    shift: Shift,
    unit: Unit,
    every: int,
    anchor: datetime,
    *,
    only: tuple[Restriction, ...] = (),
    ends: datetime | None = None,
    groups: tuple[tuple[str, ...], ...] = (),
) -> Turning:
    ends = ends or shift.until
    begins = max(shift.begins, anchor)
    if not only:
        # An event that began before the rotation was started is not part of it.
        length = every * (_HOUR if unit is Unit.HOURS else _A_DAY)
        begins = anchor - (anchor - begins) // length * length
    return Turning(
        name=shift.name or "shift",
        zone=shift.zone,
        unit=unit,
        every=every,
        anchor=_instant(anchor, shift.zone),
        people=tuple(group[0] for group in groups or shift.groups),
        begins=_instant(begins, shift.zone),
        ends=_instant(ends, shift.zone) if ends else None,
        only=only,
    )


def _instant(at: datetime, zone: ZoneInfo) -> datetime:
    return instant(at.date(), at.time(), zone)
