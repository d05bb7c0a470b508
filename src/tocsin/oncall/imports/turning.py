"""Turn a rotation of another product into layers of ours, whenever it began, however long its turns."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import gcd
from zoneinfo import ZoneInfo

from tocsin.domain.local_time import instant
from tocsin.oncall.imports.windows import A_DAY, A_WEEK, common, spans, windows
from tocsin.oncall.schedules.schedule import Layer, Restriction, Rotation, Schedule
from tocsin.oncall.schedules.shifts import shifts
from tocsin.oncall.schedules.turns import stretch

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2190, 1, 1, tzinfo=UTC)
"""What begins before or ends after these is taken to begin there, or never to end."""
_ONE_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What turns are counted in. Hours that divide a day are hours of the clock, others elapsed ones."""

    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """A rotation: at `anchor` the first person's turn begins, each lasts `every` units.

    It counts from `begins` (the anchor, if None) until `ends`, and only inside `only`, if there is any.
    """

    name: str
    zone: ZoneInfo
    unit: Unit
    every: int
    anchor: datetime
    people: tuple[str, ...]
    begins: datetime | None = None
    ends: datetime | None = None
    only: tuple[Restriction, ...] = ()


def layers(turning: Turning, now: datetime) -> tuple[Layer, ...]:
    """Return the layers that give the same turns from `now` on; none if it is over by then.

    A layer of ours begins at a handover. One that began between two of them begins at the handover before if
    that is past; one that is still to begin gets a layer of its own until its first handover. Times count by
    the minute. Raises `ValueError` or `OverflowError` where a date is beyond all bounds.
    """
    turning = replace(turning, anchor=turning.anchor.replace(second=0, microsecond=0))
    ends = turning.ends if turning.ends is not None and turning.ends < LATEST else None
    begins = max(turning.begins or turning.anchor, EARLIEST)
    if not turning.people or (ends is not None and (ends <= now or ends <= begins)):
        return ()
    turning = replace(
        turning,
        begins=begins.replace(second=0, microsecond=0),
        ends=ends.replace(second=0, microsecond=0) if ends else None,
    )
    if turning.unit is Unit.HOURS and A_DAY % (turning.every * 60) == 0 and turning.every < 24:
        return tuple(_by_the_clock(turning, now))
    return tuple(_plain(_in_days(turning), now))


def _in_days(turning: Turning) -> Turning:
    if turning.unit is Unit.HOURS and turning.every % 24 == 0:
        return replace(turning, unit=Unit.DAYS, every=turning.every // 24)
    return turning


def _plain(turning: Turning, now: datetime) -> Iterator[Layer]:
    assert turning.begins is not None
    counting = _counting(turning)
    begins = turning.begins
    said = stretch(counting, begins)
    if len(turning.people) == 1 and begins > now:
        yield _ended(_starting(replace(counting, rotation=Rotation.DAILY, every=1), begins), turning)
        return
    whole = _first(counting, turning, said.number, said.turn)
    if begins <= now or said.turn == begins:
        yield _ended(whole, turning)
        return
    alone = replace(counting, name=f"{turning.name}, until the first handover", people=whole.people[:1])
    begun = _starting(replace(alone, rotation=Rotation.DAILY, every=1), begins)
    if turning.ends is not None and turning.ends <= said.end:
        yield _ended(begun, turning)
        return
    begun = _ended(begun, replace(turning, ends=said.end))
    if shifts(Schedule(name="", zone=turning.zone, layers=(begun,)), (), begins, said.end):
        yield begun
    yield _ended(_first(counting, turning, said.number + 1, said.end), turning)


def _counting(turning: Turning) -> Layer:
    """Return a layer that counts turns from no later than `begins` on, the first person's turn first."""
    rotation, every = _rotation(turning)
    here = _early_anchor(turning).astimezone(turning.zone)
    return Layer(
        name=turning.name,
        zone=turning.zone,
        rotation=rotation,
        every=every,
        on=turning.anchor.astimezone(turning.zone).day if turning.unit is Unit.MONTHS else None,
        handover=time(here.hour, here.minute),
        starts=here.date(),
        people=turning.people,
    )


def _early_anchor(turning: Turning) -> datetime:
    """Return the anchor, or one before `begins` by as many whole rounds of everybody as that takes."""
    assert turning.begins is not None
    back, length = turning.anchor - turning.begins, turning.every * len(turning.people)
    if back <= timedelta():
        return turning.anchor
    if turning.unit is Unit.HOURS:
        return turning.anchor - (back // timedelta(hours=length) + 1) * timedelta(hours=length)
    local = turning.anchor.astimezone(turning.zone)
    if turning.unit is Unit.DAYS:
        day = local.date() - timedelta(days=(back.days // length + 2) * length)
    else:
        months = local.year * 12 + local.month - 1 - (back.days // (28 * length) + 1) * length
        year, month = months // 12, months % 12 + 1
        day = date(year, month, min(local.day, monthrange(year, month)[1]))
    return instant(day, local.time(), turning.zone)


def _rotation(turning: Turning) -> tuple[Rotation, int]:
    if turning.unit is Unit.DAYS and turning.every % 7 == 0:
        return Rotation.WEEKLY, turning.every // 7
    units = {Unit.HOURS: Rotation.HOURLY, Unit.DAYS: Rotation.DAILY, Unit.MONTHS: Rotation.MONTHLY}
    return units[turning.unit], turning.every


def _first(counting: Layer, turning: Turning, number: int, turn: datetime) -> Layer:
    """Return a layer whose first turn is the one of this number, which begins at `turn`."""
    local = turn.astimezone(turning.zone)
    shift = number % len(turning.people)
    handover = time(local.hour, local.minute) if turning.unit is Unit.HOURS else counting.handover
    return replace(
        counting,
        starts=local.date(),
        handover=handover,
        people=(*turning.people[shift:], *turning.people[:shift]),
    )


def _starting(layer: Layer, begins: datetime) -> Layer:
    local = begins.astimezone(layer.zone)
    return replace(layer, starts=local.date(), handover=time(local.hour, local.minute), on=None)


def _ended(layer: Layer, turning: Turning) -> Layer:
    layer = replace(layer, restrictions=turning.only)
    if turning.ends is None:
        return layer
    local = turning.ends.astimezone(turning.zone)
    return replace(layer, ends=local.date(), ends_at=time(local.hour, local.minute))


def _by_the_clock(turning: Turning, now: datetime) -> Iterator[Layer]:
    """Yield a layer for each slot of the day: whoever has the 08:00 slot changes from day to day.

    Such turns begin at the same times of day all year, which turns of elapsed hours do not.
    """
    assert turning.begins is not None
    slots, count = 24 // turning.every, len(turning.people)
    anchor = turning.anchor.astimezone(turning.zone)
    for slot in range(slots):
        minutes = anchor.hour * 60 + anchor.minute + slot * turning.every * 60
        later, at = divmod(minutes, A_DAY)
        begins_at = time(at // 60, at % 60)
        width = tuple((day * A_DAY + at, turning.every * 60) for day in range(7))
        held = common(width, spans(turning.only)) if turning.only else width
        if not held:
            continue
        order = tuple(
            turning.people[(day * slots + slot) % count] for day in range(count // gcd(slots, count))
        )
        one = replace(
            turning,
            name=f"{turning.name} {begins_at:%H:%M}",
            unit=Unit.DAYS,
            every=1,
            anchor=instant(anchor.date() + later * _ONE_DAY, begins_at, turning.zone),
            people=order,
            only=windows(held) if sum(lasts for _, lasts in held) < A_WEEK else (),
        )
        # A slot that is not the first begins later than the rotation, never before it.
        opening = one.anchor if turning.begins == turning.anchor else turning.begins
        yield from _plain(replace(one, begins=opening), now)
