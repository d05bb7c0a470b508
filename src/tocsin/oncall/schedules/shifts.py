"""Walk through a schedule: who is on call from when until when. What pages and what is shown ask here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.override import Override
from tocsin.oncall.schedules.causes import Cause, of_layer
from tocsin.oncall.schedules.placing import Place, Placed, counted, lay
from tocsin.oncall.schedules.schedule import FixedLayer, Layer, Schedule
from tocsin.oncall.schedules.turns import EVER, FOREVER, Stretch, stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person on call from `start` until `end` (excluded), both UTC."""

    start: datetime
    end: datetime
    person: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Segment:
    """Between two instants the same people are on call. `layer` and `turn` are what the layers alone gave."""

    start: datetime
    end: datetime
    placed: Placed
    layer: Layer | FixedLayer | None
    turn: Stretch | None


def shifts(
    schedule: Schedule, overrides: Iterable[Override], start: datetime, end: datetime
) -> tuple[Shift, ...]:
    """Return every shift that touches `start` to `end`, cut to them, sorted by start.

    Shifts overlap only where an override puts somebody beside others. A turn ends at its handover, even if
    the same person goes on. Overrides of other schedules, and those that nobody took, count for nothing.
    """
    return tuple(
        replace(shift, start=max(shift.start, start), end=min(shift.end, end))
        for shift in _pieces(schedule, overrides, start, end)
    )


def whole_shifts(
    schedule: Schedule, overrides: Iterable[Override], start: datetime, end: datetime
) -> tuple[Shift, ...]:
    """Return every shift that touches `start` to `end`, from its own start to its own end."""
    overrides = counted(overrides, schedule.name)
    found = _pieces(schedule, overrides, _began(schedule, overrides, start), end, whole=True)
    return tuple(shift for shift in found if shift.end > start)


def walk(schedule: Schedule, overrides: Iterable[Override], start: datetime) -> Iterator[Segment]:
    """Go through a schedule from an instant on, without end; a segment may say the same as the one before."""
    walker = _Walker(schedule, counted(overrides, schedule.name))
    at = start
    while at < FOREVER:
        segment = walker.segment(at)
        yield segment
        at = segment.end


class _Walker:
    """Asks each layer anew only when what it said of the last instant is over."""

    def __init__(self, schedule: Schedule, overrides: tuple[Override, ...]) -> None:
        self._schedule = schedule
        self._said: list[Stretch] = [Stretch(EVER, EVER)] * len(schedule.layers)
        self._causes = [of_layer(schedule, layer) for layer in schedule.layers]
        self._overrides = overrides
        self._in_force: tuple[Override, ...] = ()
        self._next_change = EVER

    def segment(self, at: datetime) -> Segment:
        number, end = self._base(at)
        if at >= self._next_change:
            self._note_overrides(at)
        end = min(end, self._next_change)
        if number < 0:
            return Segment(at, end, lay(None, self._in_force, self._schedule.called), None, None)
        said, layer = self._said[number], self._schedule.layers[number]
        place = Place(said.person or "", self._causes[number], said.turn)
        placed = lay(place, self._in_force, self._schedule.called) if self._in_force else Placed((place,))
        return Segment(at, end, placed, layer, said)

    def _base(self, at: datetime) -> tuple[int, datetime]:
        """Return the number of the last layer that has somebody (-1: none has), and until when it is so."""
        end = FOREVER
        for number in range(len(self._said) - 1, -1, -1):
            if self._said[number].end <= at:
                self._said[number] = stretch(self._schedule.layers[number], at)
            end = min(end, self._said[number].end)
            if self._said[number].person is not None:
                return number, end
        return -1, end

    def _note_overrides(self, at: datetime) -> None:
        edges = [edge for one in self._overrides for edge in (one.starts_at, one.ends_at) if edge > at]
        self._next_change = min(edges, default=FOREVER)
        self._in_force = tuple(one for one in self._overrides if one.starts_at <= at < one.ends_at)


def _pieces(
    schedule: Schedule, overrides: Iterable[Override], start: datetime, end: datetime, *, whole: bool = False
) -> tuple[Shift, ...]:
    """Join segments to shifts; with `whole`, go on after `end` until those that run then are over."""
    running: dict[tuple[str, datetime | UUID, str], Shift] = {}
    found: list[Shift] = []
    for segment in walk(schedule, overrides, start):
        past = segment.start >= end
        here = {place.turn: place for place in segment.placed.places}
        for key in [key for key in running if key not in here]:
            found.append(running.pop(key))
        if past and not (whole and running):
            break
        for key, place in here.items():
            if key in running:
                running[key] = replace(running[key], end=segment.end)
            elif not past:
                running[key] = Shift(
                    start=segment.start, end=segment.end, person=place.person, cause=place.cause
                )
    return tuple(sorted((*found, *running.values()), key=lambda one: (one.start, one.end, one.person)))


def _began(schedule: Schedule, overrides: tuple[Override, ...], at: datetime) -> datetime:
    """Return the earliest start of a turn or an override that holds an instant, or the instant itself."""
    turns = [
        said.turn for said in (stretch(layer, at) for layer in schedule.layers) if said.person is not None
    ]
    taken = [one.starts_at for one in overrides if one.starts_at <= at < one.ends_at]
    return min((*turns, *taken, at))
