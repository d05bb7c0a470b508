"""Rules that follow each other: the longest chain of hits, each strictly later than the one before (T6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.detection.state import NEVER, Held

_Starts = list[int]


class InOrder:
    """When the latest chains of rules began, for each length and each rule that a chain ends with.

    Those of length n + 1 that end with rule k are at `n * rules + k`. Hits of one time are in order only if
    one source gave them, so each source builds on what was there before that time. Lists are never changed
    once they are stored, so copies share them.
    """

    __slots__ = ("_before", "_now", "_places", "_starts", "_within")

    def __init__(self, places: Sequence[int]) -> None:
        self._places = tuple(enumerate(places))
        self._starts = self._before = [NEVER] * len(places) ** 2
        self._within: dict[str, tuple[int | None, _Starts, _Starts]] = {}
        self._now = NEVER

    def add(self, bucket: Sequence[Held]) -> None:
        """Take in hits of one time, in order, none older than those before."""
        if bucket[0].time != self._now:
            self._now = bucket[0].time
            self._before = self._starts
            self._within = {}
        alone = not self._within and len(bucket) == 1
        for hit in bucket:
            position, earlier, current = self._within.get(hit.source, (None, self._before, self._before))
            if hit.position != position:
                earlier = current
            current = self._followed(hit, earlier, current)
            self._within[hit.source] = (hit.position, earlier, current)
            self._starts = current if alone else list(map(max, self._starts, current))

    def _followed(self, hit: Held, earlier: _Starts, current: _Starts) -> _Starts:
        """Return the chains when a hit has followed those that were there earlier."""
        found = current.copy()
        size, slots = len(self._places), hit.slots
        for place, bit in self._places:
            if not slots & bit:
                continue
            found[place] = hit.time
            for length in range(1, place + 1):
                shorter = (length - 1) * size
                began = max(earlier[shorter + length - 1 : shorter + place])
                found[length * size + place] = max(began, found[length * size + place])
        return found

    def copy(self) -> InOrder:
        """Return one that goes on from here."""
        twin = InOrder.__new__(InOrder)
        twin._places, twin._starts, twin._before = self._places, self._starts, self._before
        twin._within, twin._now = self._within.copy(), self._now
        return twin

    def longest(self, oldest: int) -> int:
        """Return how many rules the longest chain has that began at `oldest` or later."""
        size = length = len(self._places)
        while length and max(self._starts[(length - 1) * size : length * size]) < oldest:
            length -= 1
        return length

    def complete(self, oldest: int) -> bool:
        """Say whether a chain of all rules began at `oldest` or later."""
        return self._starts[-1] >= oldest


def bits_in(mask: int) -> tuple[int, ...]:
    """Return the single bits of a mask, the lowest first."""
    return tuple(1 << number for number in range(mask.bit_length()) if mask >> number & 1)


def chains_of(masks: Iterable[int]) -> tuple[InOrder, ...]:
    """Return an empty chain for each set of rules."""
    return tuple(InOrder(bits_in(mask)) for mask in masks)
