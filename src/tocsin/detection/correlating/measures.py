"""What is measured over the hits of one window, kept up to date hit by hit (S26, S30, T3-T6)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from tocsin.detection.correlating.order import chains_of
from tocsin.detection.correlating.watched import Watched, denominator
from tocsin.detection.sigma.correlation import BOUNDS, Correlation, Kind
from tocsin.detection.sigma.extension import Ratio
from tocsin.detection.state import Held

# A float is a whole number of these; sums of such numbers are exact, so no order of adding changes them.
_UNIT = 1 << 1_074


class Measure(Protocol):
    """Something measured over the hits inside a window."""

    def add(self, bucket: Sequence[Held]) -> None:
        """Take in hits of one time, in order, none older than those before."""

    def remove(self, hit: Held) -> None:
        """Let go of the oldest hit."""

    def copy(self) -> Measure:
        """Return one of its own with the same content."""

    def holds(self, oldest: int) -> float | None:
        """Return what is measured if the condition holds, else None; the window begins at `oldest`."""


class Counted:
    """event_count: how many hits."""

    __slots__ = ("_watched", "count")

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self.count = 0

    def add(self, bucket: Sequence[Held]) -> None:
        self.count += len(bucket)

    def remove(self, hit: Held) -> None:
        self.count -= 1

    def copy(self) -> Counted:
        twin = Counted(self._watched)
        twin.count = self.count
        return twin

    def holds(self, oldest: int) -> float | None:
        return self.count if self.count and self._watched.satisfied(self.count) else None


class Always:
    """A detection rule: every hit is enough."""

    def add(self, bucket: Sequence[Held]) -> None: ...

    def remove(self, hit: Held) -> None: ...

    def copy(self) -> Always:
        return self

    def holds(self, oldest: int) -> float | None:
        return 1.0


class Distinct:
    """value_count: how many distinct values."""

    __slots__ = ("_values", "_watched")

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._values: Counter[str | float | None] = Counter()

    def add(self, bucket: Sequence[Held]) -> None:
        for hit in bucket:
            self._values[hit.value] += 1

    def remove(self, hit: Held) -> None:
        if self._values[hit.value] == 1:
            del self._values[hit.value]
        else:
            self._values[hit.value] -= 1

    def copy(self) -> Distinct:
        twin = Distinct(self._watched)
        twin._values = self._values.copy()
        return twin

    def holds(self, oldest: int) -> float | None:
        measured = len(self._values)
        return measured if measured and self._watched.satisfied(measured) else None


class Summed:
    """value_sum and value_avg, exact until the last rounding."""

    __slots__ = ("_average", "_count", "_total", "_watched")

    def __init__(self, watched: Watched, *, average: bool) -> None:
        self._watched = watched
        self._average = average
        self._count = 0
        self._total = 0

    def add(self, bucket: Sequence[Held]) -> None:
        self._count += len(bucket)
        self._total += sum(_exact(hit.value) for hit in bucket)

    def remove(self, hit: Held) -> None:
        self._count -= 1
        self._total -= _exact(hit.value)

    def copy(self) -> Summed:
        twin = Summed(self._watched, average=self._average)
        twin._count, twin._total = self._count, self._total
        return twin

    def holds(self, oldest: int) -> float | None:
        if not self._count:
            return None
        by = self._count if self._average else 1
        try:
            measured = self._total / (_UNIT * by)
        except OverflowError:
            measured = float("inf") if self._total > 0 else float("-inf")
        return measured if self._watched.satisfied(measured) else None


def _exact(value: str | float | None) -> int:
    above, below = float(value or 0).as_integer_ratio()
    return above * (_UNIT // below)


class Percentile:
    """value_percentile and value_median: linear interpolation at (n - 1) * p / 100 (T5)."""

    __slots__ = ("_percent", "_sorted", "_watched")

    def __init__(self, watched: Watched, percent: float) -> None:
        self._watched = watched
        self._percent = percent
        self._sorted: list[float] = []

    def add(self, bucket: Sequence[Held]) -> None:
        for hit in bucket:
            insort(self._sorted, float(hit.value or 0))

    def remove(self, hit: Held) -> None:
        del self._sorted[bisect_left(self._sorted, float(hit.value or 0))]

    def copy(self) -> Percentile:
        twin = Percentile(self._watched, self._percent)
        twin._sorted = self._sorted.copy()
        return twin

    def holds(self, oldest: int) -> float | None:
        if not self._sorted:
            return None
        measured = percentile(self._sorted, self._percent)
        return measured if self._watched.satisfied(measured) else None


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Return a percentile (0 to 100) of at least one number, interpolated between neighbours (T5)."""
    place = (len(ascending) - 1) * percent / 100
    below = int(place)
    if below + 1 >= len(ascending):
        return ascending[below]
    part = place - below
    # Written so that two equal or huge neighbours give no rounding noise and no overflow.
    return ascending[below] * (1 - part) + ascending[below + 1] * part if part else ascending[below]


class Together:
    """temporal: which rules were seen, in any order."""

    __slots__ = ("_correlation", "_counts", "_watched")

    def __init__(self, watched: Watched, correlation: Correlation) -> None:
        self._watched = watched
        self._correlation = correlation
        self._counts: Counter[int] = Counter()

    def add(self, bucket: Sequence[Held]) -> None:
        for hit in bucket:
            self._counts[hit.slots] += 1

    def remove(self, hit: Held) -> None:
        if self._counts[hit.slots] == 1:
            del self._counts[hit.slots]
        else:
            self._counts[hit.slots] -= 1

    def copy(self) -> Together:
        twin = Together(self._watched, self._correlation)
        twin._counts = self._counts.copy()
        return twin

    def seen(self) -> int:
        """Return the bits of the rules that were seen."""
        seen = 0
        for slots in self._counts:
            seen |= slots
        return seen

    def holds(self, oldest: int) -> float | None:
        seen = self.seen()
        measured = seen.bit_count()
        if self._correlation.expression is not None:
            met = any(not c.absent and c.needed & seen == c.needed for c in self._watched.clauses)
        elif self._correlation.bounds:
            met = self._watched.satisfied(measured)
        else:
            met = seen == self._watched.own
        return measured if met and measured else None


class Ordered:
    """temporal_ordered: the longest chain of rules, or with a condition one chain for each alternative."""

    __slots__ = ("_chains", "_counting", "_watched")

    def __init__(self, watched: Watched, correlation: Correlation) -> None:
        self._watched = watched
        self._counting = bool(correlation.bounds)
        clauses = [clause.needed for clause in watched.clauses if not clause.absent]
        self._chains = chains_of([watched.own] if correlation.expression is None else clauses)

    def add(self, bucket: Sequence[Held]) -> None:
        for chain in self._chains:
            chain.add(bucket)

    def remove(self, hit: Held) -> None: ...

    def copy(self) -> Ordered:
        twin = Ordered.__new__(Ordered)
        twin._watched, twin._counting = self._watched, self._counting
        twin._chains = tuple(chain.copy() for chain in self._chains)
        return twin

    def holds(self, oldest: int) -> float | None:
        if self._counting:
            measured = self._chains[0].longest(oldest)
            return measured if measured and self._watched.satisfied(measured) else None
        return max((each.longest(oldest) for each in self._chains if each.complete(oldest)), default=None)


class Share:
    """E1: the rule's own count over the matches of `of`, of hits or of distinct values."""

    __slots__ = ("_of", "_own", "_ratio", "_rest", "_watched")

    def __init__(self, watched: Watched, ratio: Ratio, rest: int) -> None:
        self._watched = watched
        self._ratio = ratio
        self._rest = rest
        self._own: Counter[str | float | None] = Counter()
        self._of: Counter[str | float | None] = Counter()

    def add(self, bucket: Sequence[Held]) -> None:
        for hit in bucket:
            if hit.slots & self._watched.own:
                self._own[hit.value] += 1
            if hit.slots & self._rest:
                self._of[hit.value] += 1

    def remove(self, hit: Held) -> None:
        for bits, counter in ((self._watched.own, self._own), (self._rest, self._of)):
            if hit.slots & bits:
                counter[hit.value] -= 1
                if not counter[hit.value]:
                    del counter[hit.value]

    def copy(self) -> Share:
        twin = Share(self._watched, self._ratio, self._rest)
        twin._own, twin._of = self._own.copy(), self._of.copy()
        return twin

    def holds(self, oldest: int) -> float | None:
        own = len(self._own) if self._ratio.distinct else self._own.total()
        whole = len(self._of) if self._ratio.distinct else self._of.total()
        if not own or not whole or whole < self._ratio.minimum or not self._watched.satisfied(own):
            return None
        quotient = own / whole
        met = all(BOUNDS[name](quotient, bound) for name, bound in self._ratio.bounds)
        return quotient if met else None


def measure_for(watched: Watched) -> Measure:
    """Return an empty measure of what a rule asks for."""
    correlation = watched.correlation
    if correlation is None:
        return Always()
    ratio = correlation.extensions.ratio
    if ratio is not None:
        return Share(watched, ratio, denominator(correlation))
    return _MEASURES[correlation.kind](watched, correlation)


_MEASURES: dict[Kind, Callable[[Watched, Correlation], Measure]] = {
    Kind.EVENT_COUNT: lambda watched, _: Counted(watched),
    Kind.VALUE_COUNT: lambda watched, _: Distinct(watched),
    Kind.VALUE_SUM: lambda watched, _: Summed(watched, average=False),
    Kind.VALUE_AVG: lambda watched, _: Summed(watched, average=True),
    Kind.VALUE_PERCENTILE: lambda watched, correlation: Percentile(watched, correlation.percentile),
    Kind.VALUE_MEDIAN: lambda watched, _: Percentile(watched, 50),
    Kind.TEMPORAL: Together,
    Kind.TEMPORAL_ORDERED: Ordered,
}
