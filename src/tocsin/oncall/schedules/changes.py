"""Compare two computations of the same time: who would be on call who was not, after a change of anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from tocsin.oncall.schedules.shifts import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Between two instants `was` were on call, and now `becomes` are; each sorted, empty for nobody."""

    start: datetime
    end: datetime
    was: tuple[str, ...]
    becomes: tuple[str, ...]


def changed(before: Sequence[Shift], after: Sequence[Shift]) -> tuple[Change, ...]:
    """Return when other people are on call after than before, such as after new zone data or a new file."""
    edges = sorted({edge for shift in (*before, *after) for edge in (shift.start, shift.end)})
    found: list[Change] = []
    for (start, end), was, becomes in zip(
        pairwise(edges), _people(before, edges), _people(after, edges), strict=True
    ):
        if was == becomes:
            continue
        if found and found[-1].end == start and (found[-1].was, found[-1].becomes) == (was, becomes):
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(Change(start=start, end=end, was=was, becomes=becomes))
    return tuple(found)


def _people(shifts: Iterable[Shift], edges: Sequence[datetime]) -> list[tuple[str, ...]]:
    """Return who is on call between each two edges."""
    ahead = sorted(shifts, key=lambda shift: shift.start, reverse=True)
    running: list[Shift] = []
    found = []
    for start, _ in pairwise(edges):
        while ahead and ahead[-1].start <= start:
            running.append(ahead.pop())
        running = [shift for shift in running if shift.end > start]
        found.append(tuple(sorted({shift.person for shift in running})))
    return found
