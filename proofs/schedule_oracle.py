"""Compute who is on call minute by minute, by the rules in docs/oncall.md alone, and compare with the engine.

    .venv/bin/python proofs/schedule_oracle.py --seeds 0-2000 --results /tmp/schedules.jsonl

Each seed is one random schedule of five years in one of twenty zones: layers with restrictions, temporary
layers, overlapping overrides and swaps. The oracle shares nothing with the engine but the nouns: it has one
array of the wall clock of every UTC minute of a zone, looks each local time up there, and counts.
The results file makes a run resumable: seeds in it are not computed again; ranges can run side by side.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time as stopwatch
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.oncall.schedules.duty import on_duty
from tocsin.oncall.schedules.schedule import Layer, Restriction, Rotation, Schedule
from tocsin.oncall.schedules.shifts import shifts

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Asuncion",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Gaza",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Antarctica/Troll",
)
BLOCKS = (date(2009, 6, 1), date(2016, 1, 1), date(2024, 1, 1))
"""The five years begin here in turn: Apia skipped a day in 2011, Sao Paulo gave up summer time in 2019."""
YEARS_IN_DAYS = 5 * 365 + 1
MARGIN_DAYS = 20
A_DAY = 24 * 60
PEOPLE = ("ada", "ben", "chidi", "dana", "eve", "finn", "gita", "hugo")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_OVERRIDES = 40


def minute_of(at: datetime) -> int:
    """Return the minutes since 1970 of an instant."""
    return int((at - EPOCH).total_seconds()) // 60


def wall_of(day: date, at: time) -> int:
    """Return a wall clock reading as a number: the minutes since 1970 that a clock in UTC would need."""
    return (day - date(1970, 1, 1)).days * A_DAY + at.hour * 60 + at.minute


@dataclass(frozen=True)
class Walls:
    """The wall clock of each UTC minute of a block in one zone."""

    first: int
    wall: np.ndarray
    reached: np.ndarray

    def when(self, walls: Sequence[int]) -> np.ndarray:
        """Return the minute at which a clock on the wall shows each reading for the first time.

        A reading that it never shows is taken as if the clock had not been changed.
        """
        wanted = np.asarray(walls, dtype=np.int64)
        seen = np.searchsorted(self.reached, wanted)
        inside = np.clip(seen, 1, len(self.wall) - 1)
        skipped = self.reached[inside] != wanted
        before = inside - 1
        return np.where(
            (seen == 0) | ~skipped & (seen < len(self.wall)), seen, before + wanted - self.wall[before]
        )


@lru_cache(maxsize=24)
def walls(zone: str, block: date) -> Walls:
    """Ask zoneinfo for the offset at each full hour, and minute by minute in an hour that changes it."""
    first = (block - date(1970, 1, 1)).days * A_DAY - MARGIN_DAYS * A_DAY
    hours = (YEARS_IN_DAYS + 2 * MARGIN_DAYS) * 24
    offsets = [_offset(zone, first + 60 * hour) for hour in range(hours + 1)]
    minutes = np.repeat(np.asarray(offsets[:-1], dtype=np.int64), 60)
    for hour in range(hours):
        if offsets[hour] != offsets[hour + 1]:
            for minute in range(60 * hour, 60 * hour + 60):
                minutes[minute] = _offset(zone, first + minute)
    wall = np.arange(first, first + 60 * hours, dtype=np.int64) + minutes
    return Walls(first, wall, np.maximum.accumulate(wall))


def _offset(zone: str, minute: int) -> int:
    offset = (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)).utcoffset()
    return int((offset or timedelta()).total_seconds()) // 60


def handover_days(layer: Layer, last: date) -> Iterator[date]:
    """Yield the dates of handover, from the one of the first turn on (rule 3)."""
    day = layer.starts
    if layer.rotation is Rotation.MONTHLY:
        wanted = layer.on or day.day
        year, month = day.year, day.month
        if min(wanted, monthrange(year, month)[1]) > day.day:
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        while (day := date(year, month, min(wanted, monthrange(year, month)[1]))) <= last:
            yield day
            month += layer.every
            year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        return
    if layer.rotation is Rotation.WEEKLY and layer.on is not None:
        while day.weekday() != layer.on:
            day -= timedelta(days=1)
    step = layer.every * (7 if layer.rotation is Rotation.WEEKLY else 1)
    while day <= last:
        yield day
        day += timedelta(days=step)


class Oracle:
    """Who is on call in each minute of a block: `on` has a bit a person, `first` is the primary."""

    def __init__(self, schedule: Schedule, overrides: Sequence[Override], block: date) -> None:
        self.schedule, self.block = schedule, block
        self.names = tuple(PEOPLE)
        self.minutes = (YEARS_IN_DAYS + 2 * MARGIN_DAYS) * A_DAY
        self.first_minute = (block - date(1970, 1, 1)).days * A_DAY - MARGIN_DAYS * A_DAY
        self.last_day = block + timedelta(days=YEARS_IN_DAYS + MARGIN_DAYS - 3)
        self.base = np.full(self.minutes, -1, dtype=np.int8)
        self.layer = np.full(self.minutes, -1, dtype=np.int8)
        self.turn = np.zeros(self.minutes, dtype=np.int32)
        for number, layer in enumerate(schedule.layers):
            assert isinstance(layer, Layer)
            self._lay(number, layer)
        self.overrides = sorted(
            (one for one in overrides if one.state is OverrideState.TAKEN and one.schedule == schedule.name),
            key=lambda one: (one.created_at, one.override_id),
        )
        self._override()

    def _lay(self, number: int, layer: Layer) -> None:
        clock = walls(layer.zone.key, self.block)
        start = int(clock.when([wall_of(layer.starts, layer.handover)])[0])
        if layer.rotation is Rotation.HOURLY:
            hands = np.arange(start + layer.every * 60, self.minutes, layer.every * 60)
        else:
            days = list(handover_days(layer, self.last_day))[1:]
            hands = clock.when([wall_of(day, layer.handover) for day in days])
        changes = np.zeros(self.minutes, dtype=np.int32)
        np.add.at(changes, hands[(hands >= 0) & (hands < self.minutes)], 1)
        turn = np.cumsum(changes, dtype=np.int32)
        in_force = np.zeros(self.minutes, dtype=bool)
        in_force[start:] = True
        if layer.ends is not None:
            ends = clock.when([wall_of(layer.ends, layer.ends_at or layer.handover)])[0]
            in_force[max(int(ends), 0) :] = False
        if layer.restrictions:
            in_force &= self._open(layer, clock)
        who = np.asarray([self.names.index(one) for one in layer.people], dtype=np.int8)
        self.base[in_force] = who[turn[in_force] % len(who)]
        self.layer[in_force] = number
        self.turn[in_force] = turn[in_force]

    def _open(self, layer: Layer, clock: Walls) -> np.ndarray:
        is_open = np.zeros(self.minutes, dtype=bool)
        for one in layer.restrictions:
            days = [
                day
                for ahead in range((self.last_day - self.block).days + MARGIN_DAYS)
                if (day := self.block + timedelta(days=ahead - MARGIN_DAYS + 2)).weekday() in one.days
            ]
            later = timedelta(days=0 if one.ends > one.begins else 1)
            opens = clock.when([wall_of(day, one.begins) for day in days])
            closes = clock.when([wall_of(day + later, one.ends) for day in days])
            real = closes > opens
            balance = np.zeros(self.minutes + 1, dtype=np.int32)
            np.add.at(balance, np.clip(opens[real], 0, self.minutes), 1)
            np.add.at(balance, np.clip(closes[real], 0, self.minutes), -1)
            is_open |= np.cumsum(balance)[:-1] > 0
        return is_open

    def _override(self) -> None:
        """Collect for each minute which overrides hold it; decide each combination once, by the rule."""
        held = np.zeros(self.minutes, dtype=np.uint64)
        for number, one in enumerate(self.overrides):
            start = max(minute_of(one.starts_at) - self.first_minute, 0)
            held[start : max(minute_of(one.ends_at) - self.first_minute, 0)] |= np.uint64(1 << number)
        self.on = np.where(self.base >= 0, np.left_shift(1, self.base.astype(np.int32)), 0)
        self.first = self.base.copy()
        touched = np.flatnonzero(held)
        keys = (held[touched] << np.uint64(5)) | (self.base[touched] + 1).astype(np.uint64)
        found, where = np.unique(keys, return_inverse=True)
        rows = [self.row(int(key) & 31, int(key) >> 5) for key in found]
        bits = [sum(1 << self.names.index(person) for person in row) for row in rows]
        heads = [self.names.index(row[0]) if row else -1 for row in rows]
        if rows:
            self.on[touched] = np.asarray(bits)[where]
            self.first[touched] = np.asarray(heads, dtype=np.int8)[where]
        self.held = held

    def row(self, base: int, held: int) -> list[str]:
        """Return the places of a minute in order, by rule 7; each place is a list of all who had it."""
        places: list[list[str]] = [[self.names[base - 1]]] if base else []
        for number, one in enumerate(self.overrides):
            if not held >> number & 1:
                continue
            stands = [place for place in places if place[-1] == one.instead_of]
            if one.kind is OverrideKind.ADD:
                places = [place for place in places if place not in stands]
                places.append([str(one.person)])
            elif one.kind is OverrideKind.REMOVE:
                places = [place for place in places if place not in stands and one.instead_of is not None]
            elif one.instead_of is None:
                places = [[name for place in places for name in place] + [str(one.person)]]
            else:
                for place in stands or [place for place in places if one.instead_of in place]:
                    place.append(str(one.person))
            seen: set[str] = set()
            places = [place for place in places if not (place[-1] in seen or seen.add(place[-1]))]
        return [place[-1] for place in places]


def random_layer(chance: random.Random, block: date, zone: str, number: int, *, temporary: bool) -> Layer:
    """Make one layer; handovers and windows like the hours in which clocks change."""
    rotation = chance.choice(tuple(Rotation))
    starts = block + timedelta(days=chance.randrange(1700 if temporary else 90))
    on = {Rotation.WEEKLY: chance.randrange(7), Rotation.MONTHLY: chance.choice((1, 15, 28, 29, 30, 31))}
    ends = starts + timedelta(days=chance.randrange(1, 60)) if temporary else None
    if not temporary and chance.random() < 0.2:
        ends = starts + timedelta(days=chance.randrange(100, 1500))
    return Layer(
        name=f"layer {number}",
        zone=ZoneInfo(zone if chance.random() < 0.7 else chance.choice(ZONES)),
        rotation=rotation,
        handover=random_time(chance),
        starts=starts,
        people=tuple(chance.sample(PEOPLE, chance.randint(1, 5))),
        every=chance.choice((1, 1, 2, 3, 12, 36) if rotation is Rotation.HOURLY else (1, 1, 1, 2, 3)),
        on=on.get(rotation) if chance.random() < 0.6 else None,
        ends=ends,
        ends_at=random_time(chance) if ends and chance.random() < 0.3 and ends > starts else None,
        restrictions=tuple(random_restriction(chance) for _ in range(chance.choice((0, 0, 1, 2)))),
    )


def random_time(chance: random.Random) -> time:
    """Return a time of day, often one between 23:00 and 03:59."""
    hour = chance.choice((23, 0, 1, 2, 3, chance.randrange(24), chance.randrange(24)))
    return time(hour, chance.choice((0, 0, 30, chance.randrange(60))))


def random_restriction(chance: random.Random) -> Restriction:
    """Return a window on some weekdays, over midnight as often as not."""
    days = frozenset(chance.sample(range(7), chance.randint(1, 7)))
    begins = random_time(chance)
    return Restriction(
        days=days, begins=begins, ends=begins if chance.random() < 0.1 else random_time(chance)
    )


def random_overrides(chance: random.Random, block: date) -> tuple[Override, ...]:
    """Make overrides that overlap, many at the same time as others, and swaps of two spans."""
    found: list[Override] = []
    base = datetime.combine(block, time(), tzinfo=UTC)
    busy = [base + timedelta(minutes=chance.randrange(YEARS_IN_DAYS * A_DAY)) for _ in range(6)]

    def span() -> dict[str, datetime]:
        start = chance.choice(busy) + timedelta(minutes=chance.randrange(-4000, 4000))
        return {"starts_at": start, "ends_at": start + timedelta(minutes=chance.randrange(1, 20_000))}

    def override(kind: OverrideKind, person: str | None, instead_of: str | None, swap: int = 0) -> None:
        state = OverrideState.TAKEN if chance.random() < 0.85 else chance.choice(tuple(OverrideState))
        found.append(
            Override(
                override_id=UUID(int=chance.getrandbits(128)),
                schedule="random" if chance.random() < 0.95 else "another",
                kind=kind,
                state=state,
                person=person,
                instead_of=instead_of,
                asked_by="ada",
                created_at=base + timedelta(hours=chance.randrange(200)),
                swap_id=UUID(int=swap) if swap else None,
                **span(),
            )
        )

    for _ in range(chance.randrange(4, MAX_OVERRIDES - 10)):
        kind = chance.choice(
            (OverrideKind.ADD, OverrideKind.REMOVE, OverrideKind.REPLACE, OverrideKind.REPLACE)
        )
        person, other = chance.sample(PEOPLE, 2)
        whose = other if chance.random() < 0.7 else None
        override(kind, None if kind is OverrideKind.REMOVE else person, whose)
    for number in range(1, chance.randrange(1, 6)):
        one, other = chance.sample(PEOPLE, 2)
        override(OverrideKind.SWAP, one, other, number)
        override(OverrideKind.SWAP, other, one, number)
    return tuple(found)


def random_schedule(seed: int) -> tuple[Schedule, tuple[Override, ...], date]:
    """Return the schedule of a seed, its overrides, and the first day of its five years."""
    chance = random.Random(seed)
    zone, block = ZONES[seed % len(ZONES)], BLOCKS[seed // len(ZONES) % len(BLOCKS)]
    ordinary = [random_layer(chance, block, zone, n, temporary=False) for n in range(chance.randint(1, 4))]
    temporary = [
        random_layer(chance, block, zone, 10 + n, temporary=True) for n in range(chance.randrange(3))
    ]
    schedule = Schedule(name="random", zone=ZoneInfo(zone), layers=(*ordinary, *temporary))
    return schedule, random_overrides(chance, block), block


@dataclass(frozen=True)
class Compared:
    """What one schedule gave: minutes compared, those that differ, the number of shifts and both times."""

    seed: int
    zone: str
    minutes: int
    different: int
    shifts: int
    engine_s: float
    oracle_s: float
    first_difference: str = ""


def compare(seed: int, samples: int = 200) -> Compared:
    """Compare every minute of five years, and what pages are sent by at some of them."""
    schedule, overrides, block = random_schedule(seed)
    start = datetime.combine(block, time(), tzinfo=UTC)
    end = start + timedelta(days=YEARS_IN_DAYS)
    began = stopwatch.perf_counter()
    found = shifts(schedule, overrides, start, end)
    engine_s = stopwatch.perf_counter() - began
    began = stopwatch.perf_counter()
    oracle = Oracle(schedule, overrides, block)
    oracle_s = stopwatch.perf_counter() - began
    skip = MARGIN_DAYS * A_DAY
    shown = np.zeros(YEARS_IN_DAYS * A_DAY, dtype=np.int64)
    doubled = 0
    for shift in found:
        one = slice(minute_of(shift.start) - minute_of(start), minute_of(shift.end) - minute_of(start))
        bit = 1 << PEOPLE.index(shift.person)
        doubled += int((shown[one] & bit).any())
        shown[one] |= bit
    wrong = np.flatnonzero(shown != oracle.on[skip : skip + len(shown)])
    said = f"{start + timedelta(minutes=int(wrong[0]))}" if len(wrong) else ""
    edges = [minute_of(shift.start) - minute_of(start) for shift in found]
    chance = random.Random(seed)
    looked = [chance.randrange(len(shown)) for _ in range(samples)]
    some = chance.sample(edges, min(len(edges), samples // 2))
    looked += [edge - ahead for edge in some for ahead in (0, 1) if edge >= ahead]
    unlike = [minute for minute in looked if not pages_alike(oracle, overrides, start, minute)]
    if unlike and not said:
        said = f"on_duty at {start + timedelta(minutes=unlike[0])}"
    return Compared(
        seed,
        schedule.zone.key,
        len(shown) + len(looked),
        len(wrong) + doubled + len(unlike),
        len(found),
        engine_s,
        oracle_s,
        said,
    )


def pages_alike(oracle: Oracle, overrides: Sequence[Override], start: datetime, minute: int) -> bool:
    """Say whether `on_duty` names the primary and the secondary that rules 7 and 8 give for a minute."""
    duty = on_duty(oracle.schedule, overrides, start + timedelta(minutes=minute))
    at = minute + MARGIN_DAYS * A_DAY
    first = PEOPLE[oracle.first[at]] if oracle.first[at] >= 0 else None
    if (duty.primary.person if duty.primary else None) != first:
        return False
    if first is None or oracle.layer[at] < 0 or oracle.held[at]:
        return True
    layer = oracle.schedule.layers[oracle.layer[at]]
    others = [layer.people[(int(oracle.turn[at]) + n) % len(layer.people)] for n in range(len(layer.people))]
    second = next((person for person in others if person != first), None)
    return (duty.secondary.person if duty.secondary else None) == second


def main() -> int:
    """Run a range of seeds, append each result, print a table of zones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0-2000", help="first and last seed, the last excluded")
    parser.add_argument("--results", type=Path, required=True)
    asked = parser.parse_args()
    first, last = (int(part) for part in asked.seeds.split("-"))
    kept = asked.results.read_text().splitlines() if asked.results.exists() else []
    done = {json.loads(line)["seed"] for line in kept}
    todo = [seed for seed in range(first, last) if seed not in done]
    todo.sort(key=lambda seed: (seed // len(ZONES) % len(BLOCKS), seed))
    with asked.results.open("a") as results:
        for seed in todo:
            one = compare(seed)
            results.write(json.dumps({name: getattr(one, name) for name in vars(one)}))
            results.write("\n")
            results.flush()
            if one.different:
                print(
                    f"seed {seed}: {one.different} differences, first at {one.first_difference}", flush=True
                )
    return table([json.loads(line) for line in asked.results.read_text().splitlines()], first, last)


def table(rows: list[dict[str, object]], first: int, last: int) -> int:
    """Print a line a zone and the sum; return 1 if anything differs."""
    rows = [row for row in rows if first <= int(str(row["seed"])) < last]
    print(f"{'zone':<22}{'schedules':>10}{'minutes':>16}{'shifts':>12}{'differences':>12}{'engine s':>10}")
    for zone in (*ZONES, ""):
        mine = [row for row in rows if row["zone"] == zone or not zone]

        def total(name: str, of: list[dict[str, object]] = mine) -> float:
            return sum(float(str(row[name])) for row in of)

        print(
            f"{zone or 'all':<22}{len(mine):>10}{total('minutes'):>16,.0f}{total('shifts'):>12,.0f}"
            f"{total('different'):>12,.0f}{total('engine_s') / max(len(mine), 1):>10.3f}"
        )
    return int(any(row["different"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
