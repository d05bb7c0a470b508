"""The nouns of a schedule: layers whose people take turns, when they hand over, and when they are off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo


class Rotation(StrEnum):
    """The unit in which turns are counted: elapsed hours, or days, weeks and months of the local calendar."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A daily window in which a layer counts, on some weekdays (Monday 0), by local time.

    An `ends` that is not later than `begins` is on the next day; equal ones make a whole day.
    """

    days: frozenset[int]
    begins: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """People who take turns, each for `every` units of the rotation.

    The layer begins at `handover` (local time of `zone`) on `starts` and is over at `ends_at` (or `handover`)
    on `ends`. `on` is the day of handover: a weekday (Monday 0) of a weekly rotation, a day of the month of a
    monthly one (1 to 31; a shorter month hands over on its last day); None means that of `starts`. The turn
    that holds `starts` is the first person's, so with `on` it may be a shorter one. Where there are
    restrictions, somebody is on call only inside one of them; turns go on being counted outside.
    """

    name: str
    zone: ZoneInfo
    rotation: Rotation
    handover: time
    starts: date
    people: tuple[str, ...]
    every: int = 1
    on: int | None = None
    ends: date | None = None
    ends_at: time | None = None
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedTurn:
    """One person between two instants, the end excluded."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLayer:
    """Turns that a calendar names one by one, sorted by start, none over another (`laid_out` sees to it)."""

    name: str
    turns: tuple[FixedTurn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Layers in order: a later one wins over an earlier one wherever it has somebody.

    `zone` is what people read its times in. `backup` is another schedule, of which the primary is this one's
    secondary; without it the secondary is the next in the rotation. `names` tells how usernames are written.
    """

    name: str
    zone: ZoneInfo
    layers: tuple[Layer | FixedLayer, ...]
    backup: Schedule | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def called(self, username: str) -> str:
        """Return a person's name, or the username where there is none."""
        return self.names.get(username, username)

    @property
    def people(self) -> tuple[str, ...]:
        """Return everybody in any layer, each once, in the order of the layers."""
        found: dict[str, None] = {}
        for layer in self.layers:
            found.update(
                dict.fromkeys(layer.people)
                if isinstance(layer, Layer)
                else dict.fromkeys(turn.person for turn in layer.turns)
            )
        return tuple(found)


def laid_out(name: str, turns: Iterable[FixedTurn]) -> FixedLayer:
    """Return a layer of turns that may overlap: there the one that starts later (or ends sooner) wins."""
    found: list[FixedTurn] = []
    last: FixedTurn | None = None
    for start, end, holder in _holders([one for one in turns if one.start < one.end]):
        if holder is not None and holder is last:
            found[-1] = replace(found[-1], end=end)
        elif holder is not None:
            found.append(replace(holder, start=start, end=end))
        last = holder
    return FixedLayer(name=name, turns=tuple(found))


def _holders(turns: list[FixedTurn]) -> Iterator[tuple[datetime, datetime, FixedTurn | None]]:
    """Yield between each two edges the turn that wins there; of those that run it is the last begun."""
    ahead = sorted(turns, key=lambda one: (one.start, -one.end.timestamp()), reverse=True)
    running: list[FixedTurn] = []
    for start, end in pairwise(sorted({edge for one in turns for edge in (one.start, one.end)})):
        while ahead and ahead[-1].start <= start:
            running.append(ahead.pop())
        while running and running[-1].end <= start:
            running.pop()
        yield start, end, running[-1] if running else None
