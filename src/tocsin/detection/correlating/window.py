"""The hits of one group inside one window, taken in order of time, and the bursts that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tocsin.detection.correlating import bursts as folding
from tocsin.detection.correlating.measures import Measure, measure_for
from tocsin.detection.correlating.novelty import Novelty
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.sigma.extension import WindowKind
from tocsin.detection.state import Burst, GroupState, Held


class Firing(NamedTuple):
    """One firing, for the correlations built on this one; `hit` is the newest signal in its window."""

    time: int
    measured: float
    hit: Held


class Window:
    """One group's window. Hits of one time are one bucket: the condition is asked once for all of them."""

    __slots__ = (
        "_kept",
        "_measure",
        "_novelty",
        "_start",
        "bursts",
        "firings",
        "held",
        "uncounted",
        "watched",
    )

    def __init__(self, watched: Watched, state: GroupState) -> None:
        self.watched = watched
        self.held = state.held.copy()
        self.uncounted = state.uncounted
        self.bursts = [folding.copied(burst) for burst in state.bursts]
        self.firings: list[Firing] = []
        self._start = 0
        # Whether what a burst has counted is still needed as evidence of another firing.
        self._kept = watched.each
        wanted = watched.extensions.new_value
        self._novelty = Novelty(wanted, state.known) if wanted is not None else None
        self._measure: Measure = measure_for(watched)
        for _, bucket in buckets(self.held):
            self._measure.add(bucket)

    def copy(self) -> Window:
        """Return a window that goes on from here without changing this one; its firings are its own."""
        twin = type(self).__new__(type(self))
        twin.watched = self.watched
        twin.held = self.held[self._start :]
        twin.uncounted = self.uncounted
        twin.bursts = [folding.copied(burst) for burst in self.bursts]
        twin.firings = []
        twin._start = 0
        twin._kept = True
        # Only rules that fire early look ahead, and none of those asks for new values.
        twin._novelty = None
        twin._measure = self._measure.copy()
        return twin

    def stored(self, state: GroupState) -> None:
        """Write the window into a group's state."""
        state.held = self.held[self._start :]
        state.uncounted = self.uncounted
        state.bursts = self.bursts
        if self._novelty is not None:
            state.known = self._novelty.known()

    def run(self, hits: Sequence[Held], until: int) -> None:
        """Take hits in order and decide every deadline before `until`."""
        for time, bucket in buckets(hits):
            while (due := self.due()) is not None and due < time:
                self.decide(due)
            self.take(time, bucket)
        while (due := self.due()) is not None and due < until:
            self.decide(due)

    def take(self, time: int, bucket: Sequence[Held]) -> None:
        """Take the hits of one time, none older than those before, and fire if the condition holds."""
        if self._novelty is not None:
            bucket = self._novelty.new(bucket)
            if not bucket:
                return
        oldest = self.admit(time, bucket)
        measured = self._measure.holds(oldest)
        if measured is not None:
            self.fire(time, measured)

    def admit(self, time: int, bucket: Sequence[Held]) -> int:
        """Let hits of one time into the window, and return the earliest time that it still includes."""
        oldest = self.slide(time)
        self.held.extend(bucket)
        self.uncounted += len(bucket)
        self._measure.add(bucket)
        return oldest

    def slide(self, time: int) -> int:
        """Let go of what the window no longer includes at a time, and return the earliest that it does."""
        oldest = self._oldest(time)
        self._expire(oldest)
        return oldest

    def measured(self, oldest: int) -> float | None:
        """Return what is measured if the condition holds, else None."""
        return self._measure.holds(oldest)

    def due(self) -> int | None:
        """Return the next time at which something is decided without a hit."""
        return None

    def decide(self, at: int) -> None:
        """Decide what is due at a time."""
        raise NotImplementedError

    def unfinished(self) -> int:
        """Return how many deadlines have not passed."""
        return 0

    def inside(self) -> Sequence[Held]:
        """Return the hits inside the window, the oldest first."""
        return self.held[self._start :]

    def fire(self, time: int, measured: float) -> None:
        """Fold one firing into a burst; what no burst has counted yet is counted by this one."""
        if self.watched.chained:
            last = self.held[-1]
            self.firings.append(Firing(time, measured, last))
        fresh = self._fresh()
        if not self.watched.emits:
            return
        most = self.watched.evidence
        burst = self.bursts[-1] if self.bursts else None
        if self.watched.each:
            if burst is not None and burst.began == time:
                self.bursts.pop()
            self.bursts.append(folding.opened(self._own(self.inside()), time, measured, most))
        elif burst is not None and self._goes_on(burst, time):
            folding.extended(burst, fresh, time, measured, most)
        else:
            self.bursts.append(folding.opened(fresh, time, measured, most))

    def _goes_on(self, burst: Burst, time: int) -> bool:
        """Say whether a firing at a time belongs to a burst, because the quiet before it was short."""
        return time - burst.fired <= self.watched.quiet

    def _own(self, hits: Sequence[Held]) -> Sequence[Held]:
        """Return the hits that count; those of a ratio's denominator alone don't."""
        correlation = self.watched.correlation
        if correlation is None or correlation.extensions.ratio is None:
            return hits
        return [hit for hit in hits if hit.slots & self.watched.own]

    def _fresh(self) -> Sequence[Held]:
        """Return the hits that no burst has counted, and count them; their records are let go."""
        first = max(self._start, len(self.held) - self.uncounted)
        fresh = self.held[first:]
        self.uncounted = 0
        if not self._kept:
            self.held[first:] = [without_record(hit) for hit in fresh]
        return self._own(fresh)

    def _oldest(self, time: int) -> int:
        """Return the earliest time that the window includes at a time."""
        kind = self.watched.extensions.window
        if kind is WindowKind.SLIDING:
            return time - self.watched.span
        if kind is WindowKind.TUMBLING:
            return time - time % self.watched.span
        if len(self.held) == self._start:
            return time
        first = self.held[self._start].time
        goes_on = time - self.held[-1].time <= self.watched.quiet and time - first <= self.watched.span
        return first if goes_on else time

    def _expire(self, oldest: int) -> None:
        held, start = self.held, self._start
        end = len(held)
        while start < end and held[start].time < oldest:
            self._measure.remove(held[start])
            start += 1
        if start != self._start:
            self._start = start
            self.uncounted = min(self.uncounted, end - start)
            if start * 2 > end:
                del held[:start]
                self._start = 0


def without_record(hit: Held) -> Held:
    """Return a hit whose record is no longer needed."""
    return Held(hit.time, hit.source, hit.position, hit.slots, hit.value, hit.texts, None, hit.origin)


def buckets(hits: Iterable[Held]) -> Iterator[tuple[int, list[Held]]]:
    """Yield the hits of each time together."""
    for time, together in groupby(hits, key=_time):
        yield time, list(together)


def _time(hit: Held) -> int:
    return hit.time
