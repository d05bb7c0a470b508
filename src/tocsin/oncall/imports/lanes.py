"""Lay rotations of other products into schedules of ours, in which one person is on call at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.oncall.schedules.schedule import Layer, Schedule
from tocsin.oncall.schedules.shifts import shifts

LOOKED_AHEAD = timedelta(days=366)
"""Two rotations that are never on together within this time may stand in one schedule."""

Strand = tuple[Layer, ...]
"""Layers that belong to one rotation, of which at most one gives a person at a time."""
Level = tuple[Strand, ...]
"""Rotations that count beside each other; where one of a higher level has somebody, it counts instead."""


def schedules(name: str, zone: ZoneInfo, levels: Sequence[Level], now: datetime) -> tuple[Schedule, ...]:
    """Return as few schedules as hold everybody who is on call at once; the first has the name itself.

    In each of them the rotation that is its own stands last of its level, so that it shows that person; the
    others stand before it, so that it has no gap while one of them is on.
    """
    merged = [_merged(level, zone, now) for level in levels]
    lanes = max((len(level) for level in merged), default=0)
    return tuple(
        Schedule(
            name=name if lane == 0 else f"{name} ({lane + 1})",
            zone=zone,
            layers=_named_once(layer for level in merged for layer in _turned(level, lane)),
        )
        for lane in range(lanes)
    )


def apart(name: str, zone: ZoneInfo, strands: Iterable[Strand]) -> tuple[Schedule, ...]:
    """Return a schedule for each rotation, for what must stay apart, having overrides of its own."""
    return tuple(
        Schedule(name=name if lane == 0 else f"{name} ({lane + 1})", zone=zone, layers=_named_once(strand))
        for lane, strand in enumerate(strands)
    )


def _turned(level: Level, lane: int) -> Strand:
    own = lane % len(level) if level else 0
    return tuple(layer for strand in (*level[own + 1 :], *level[: own + 1]) for layer in strand)


def _merged(level: Level, zone: ZoneInfo, now: datetime) -> Level:
    """Put rotations that are never on together into one strand."""
    found: list[tuple[Strand, list[tuple[datetime, datetime]]]] = []
    for strand in level:
        times = _times(strand, zone, now)
        place = next((n for n, (_, taken) in enumerate(found) if not _overlap(taken, times)), None)
        if place is None:
            found.append((strand, times))
        else:
            held, taken = found[place]
            found[place] = ((*held, *strand), sorted((*taken, *times)))
    return tuple(strand for strand, _ in found)


def _times(strand: Strand, zone: ZoneInfo, now: datetime) -> list[tuple[datetime, datetime]]:
    alone = Schedule(name="", zone=zone, layers=_named_once(strand))
    return [(one.start, one.end) for one in shifts(alone, (), now, now + LOOKED_AHEAD)]


def _overlap(ones: list[tuple[datetime, datetime]], others: list[tuple[datetime, datetime]]) -> bool:
    """Say whether two lists of times, each sorted and without overlaps of its own, have one in common."""
    one = other = 0
    while one < len(ones) and other < len(others):
        if ones[one][0] < others[other][1] and others[other][0] < ones[one][1]:
            return True
        if ones[one][1] <= others[other][1]:
            one += 1
        else:
            other += 1
    return False


def _named_once(layers: Iterable[Layer]) -> Strand:
    """Give layers of the same name a number; a schedule tells them apart by name."""
    found: dict[str, Layer] = {}
    for layer in layers:
        name, number = layer.name, 1
        while name in found:
            number += 1
            name = f"{layer.name} {number}"
        found[name] = replace(layer, name=name)
    return tuple(found.values())
