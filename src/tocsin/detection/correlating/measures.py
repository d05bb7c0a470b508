"""What is measured over the hits of one window, kept up to date hit by hit (S26, S30, T3-T6)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from tocsin.detection.correlating.watched import NUMERIC, Watched, denominator
from tocsin.detection.sigma.correlation import BOUNDS, Correlation, Kind
from tocsin.detection.sigma.extension import Ratio
from tocsin.detection.state import NEVER, Held

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

    __slots__ = ("_correlation", "count")

    def __init__(self, correlation: Correlation) -> None:
        self._correlation = correlation
        self.count = 0

    def add(self, bucket: Sequence[Held]) -> None:
        self.count += len(bucket)

    def remove(self, hit: Held) -> None:
        self.count -= 1

    def copy(self) -> Counted:
        twin = Counted(self._correlation)
        twin.count = self.count
        return twin

    def holds(self, oldest: int) -> float | None:
        return self.count if self.count and self._correlation.satisfied(self.count) else None


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

    __slots__ = ("_correlation", "_values")

    def __init__(self, correlation: Correlation) -> None:
        self._correlation = correlation
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
        twin = Distinct(self._correlation)
        twin._values = self._values.copy()
        return twin

    def holds(self, oldest: int) -> float | None:
        measured = len(self._values)
        return measured if measured and self._correlation.satisfied(measured) else None


class Summed:
    """value_sum and value_avg, exact until the last rounding."""

    __slots__ = ("_correlation", "_count", "_total")

    def __init__(self, correlation: Correlation) -> None:
        self._correlation = correlation
        self._count = 0
        self._total = 0

    def add(self, bucket: Sequence[Held]) -> None:
        self._count += len(bucket)
        self._total += sum(_exact(hit.value) for hit in bucket)

    def remove(self, hit: Held) -> None:
        self._count -= 1
        self._total -= _exact(hit.value)

    def copy(self) -> Summed:
        twin = Summed(self._correlation)
        twin._count, twin._total = self._count, self._total
        return twin

    def holds(self, oldest: int) -> float | None:
        if not self._count:
            return None
        by = self._count if self._correlation.kind is Kind.VALUE_AVG else 1
        try:
            measured = self._total / (_UNIT * by)
        except OverflowError:
            measured = float("inf") if self._total > 0 else float("-inf")
        return measured if self._correlation.satisfied(measured) else None


def _exact(value: str | float | None) -> int:
    above, below = float(value or 0).as_integer_ratio()
    return above * (_UNIT // below)


class Percentile:
    """value_percentile and value_median: linear interpolation at (n - 1) * p / 100 (T5)."""

    __slots__ = ("_correlation", "_sorted")

    def __init__(self, correlation: Correlation) -> None:
        self._correlation = correlation
        self._sorted: list[float] = []

    def add(self, bucket: Sequence[Held]) -> None:
        for hit in bucket:
            insort(self._sorted, float(hit.value or 0))

    def remove(self, hit: Held) -> None:
        del self._sorted[bisect_left(self._sorted, float(hit.value or 0))]

    def copy(self) -> Percentile:
        twin = Percentile(self._correlation)
        twin._sorted = self._sorted.copy()
        return twin

    def holds(self, oldest: int) -> float | None:
        if not self._sorted:
            return None
        percent = 50.0 if self._correlation.kind is Kind.VALUE_MEDIAN else self._correlation.percentile
        measured = percentile(self._sorted, percent)
        return measured if self._correlation.satisfied(measured) else None


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
            met = self._correlation.satisfied(measured)
        else:
            met = seen == self._watched.own
        return measured if met and measured else None


class InOrder:
    """temporal_ordered: the longest chain of rules, each strictly later than the one before (T6).

    `_starts[n][k]` is when the latest chain of n + 1 rules that ends with rule k began. Hits of one time are
    in order only if one source gave them, so each source builds on what was there before that time.
    """

    __slots__ = ("_before", "_now", "_places", "_starts", "_wanted", "_within")

    def __init__(self, places: Sequence[int], wanted: Correlation | None) -> None:
        self._places = tuple(places)
        self._wanted = wanted
        self._starts = self._before = _table(len(places))
        self._within: dict[str, tuple[int, list[list[int]], list[list[int]]]] = {}
        self._now = NEVER

    def add(self, bucket: Sequence[Held]) -> None:
        if bucket[0].time != self._now:
            self._now = bucket[0].time
            self._before = [row.copy() for row in self._starts]
            self._within = {}
        for hit in bucket:
            position, earlier, current = self._within.get(hit.source, (None, self._before, self._before))
            if hit.position != position:
                earlier = current
                current = [row.copy() for row in current]
            self._follow(hit, earlier, current)
            self._within[hit.source] = (hit.position, earlier, current)
            for row, found in zip(self._starts, current, strict=True):
                row[:] = map(max, row, found)

    def _follow(self, hit: Held, earlier: list[list[int]], current: list[list[int]]) -> None:
        for place, bit in enumerate(self._places):
            if not hit.slots & bit:
                continue
            current[0][place] = hit.time
            for length in range(1, place + 1):
                began = max(earlier[length - 1][length - 1 : place])
                if began > current[length][place]:
                    current[length][place] = began

    def remove(self, hit: Held) -> None: ...

    def copy(self) -> InOrder:
        twin = InOrder(self._places, self._wanted)
        twin._starts = [row.copy() for row in self._starts]
        twin._before, twin._now = self._before, self._now
        twin._within = {
            source: (position, earlier, [row.copy() for row in current])
            for source, (position, earlier, current) in self._within.items()
        }
        return twin

    def longest(self, oldest: int) -> int:
        """Return how many rules the longest chain has that began at `oldest` or later."""
        length = len(self._places)
        while length and max(self._starts[length - 1]) < oldest:
            length -= 1
        return length

    def holds(self, oldest: int) -> float | None:
        measured = self.longest(oldest)
        if self._wanted is not None and self._wanted.bounds:
            return measured if measured and self._wanted.satisfied(measured) else None
        return measured if measured == len(self._places) and measured else None


def _table(size: int) -> list[list[int]]:
    return [[NEVER] * size for _ in range(size)]


class Alternatives:
    """temporal_ordered with a condition: each alternative asks for its own rules, in order."""

    __slots__ = ("_chains",)

    def __init__(self, chains: Iterable[InOrder]) -> None:
        self._chains = tuple(chains)

    def add(self, bucket: Sequence[Held]) -> None:
        for chain in self._chains:
            chain.add(bucket)

    def remove(self, hit: Held) -> None: ...

    def copy(self) -> Alternatives:
        return Alternatives(chain.copy() for chain in self._chains)

    def holds(self, oldest: int) -> float | None:
        return max((found for chain in self._chains if (found := chain.holds(oldest))), default=None)


class Share:
    """E1: the rule's own count over the matches of `of`, of hits or of distinct values."""

    __slots__ = ("_correlation", "_of", "_own", "_ratio", "_rest", "_watched")

    def __init__(self, watched: Watched, correlation: Correlation, ratio: Ratio) -> None:
        self._watched = watched
        self._correlation = correlation
        self._ratio = ratio
        self._rest = denominator(correlation)
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
        twin = Share(self._watched, self._correlation, self._ratio)
        twin._own, twin._of = self._own.copy(), self._of.copy()
        return twin

    def holds(self, oldest: int) -> float | None:
        own = len(self._own) if self._ratio.distinct else self._own.total()
        whole = len(self._of) if self._ratio.distinct else self._of.total()
        if not own or not whole or whole < self._ratio.minimum or not self._correlation.satisfied(own):
            return None
        quotient = own / whole
        met = all(BOUNDS[name](quotient, bound) for name, bound in self._ratio.bounds)
        return quotient if met else None


def measure_for(watched: Watched) -> Measure:
    """Return an empty measure of what a rule asks for."""
    correlation = watched.correlation
    if correlation is None:
        return Always()
    if correlation.extensions.ratio is not None:
        return Share(watched, correlation, correlation.extensions.ratio)
    if correlation.kind is Kind.EVENT_COUNT:
        return Counted(correlation)
    if correlation.kind is Kind.VALUE_COUNT:
        return Distinct(correlation)
    if correlation.kind is Kind.TEMPORAL:
        return Together(watched, correlation)
    if correlation.kind is Kind.TEMPORAL_ORDERED:
        return _ordered(watched, correlation)
    numeric = Percentile if correlation.kind in NUMERIC - {Kind.VALUE_SUM, Kind.VALUE_AVG} else Summed
    return numeric(correlation)


def _ordered(watched: Watched, correlation: Correlation) -> Measure:
    if correlation.expression is None:
        return InOrder(bits_in(watched.own), correlation)
    chains = (clause.needed for clause in watched.clauses if not clause.absent)
    return Alternatives(InOrder(bits_in(needed), None) for needed in chains)


def bits_in(mask: int) -> tuple[int, ...]:
    """Return the single bits of a mask, the lowest first."""
    return tuple(1 << number for number in range(mask.bit_length()) if mask >> number & 1)


class Silence:
    """A condition with `not`: which rules were seen, asked at the deadline of an earlier signal (T7)."""

    __slots__ = ("_chains", "_forward", "_positive", "_seen", "_watched")

    def __init__(self, watched: Watched, correlation: Correlation) -> None:
        self._watched = watched
        self._positive = measure_for(watched)
        self._seen = Together(watched, correlation)
        self._forward = tuple(clause for clause in watched.clauses if clause.absent)
        ordered = correlation.kind is Kind.TEMPORAL_ORDERED
        self._chains = tuple(InOrder(bits_in(c.needed), None) for c in self._forward) if ordered else ()

    def add(self, bucket: Sequence[Held]) -> None:
        for measure in (self._positive, self._seen, *self._chains):
            measure.add(bucket)

    def remove(self, hit: Held) -> None:
        self._positive.remove(hit)
        self._seen.remove(hit)

    def copy(self) -> Silence:
        twin = Silence.__new__(Silence)
        twin._watched, twin._forward = self._watched, self._forward
        twin._positive, twin._seen = self._positive.copy(), self._seen.copy()
        twin._chains = tuple(chain.copy() for chain in self._chains)
        return twin

    def holds(self, oldest: int) -> float | None:
        return self._positive.holds(oldest)

    def anchors(self, slots: int) -> bool:
        """Say whether a signal of these rules sets a deadline."""
        return any(slots & clause.needed for clause in self._forward)

    def missed(self, slots: int, oldest: int) -> float | None:
        """Return how many rules were seen by the deadline of a signal of `slots`, None if it isn't missed."""
        seen = self._seen.seen()
        for number, clause in enumerate(self._forward):
            met = slots & clause.needed and clause.needed & seen == clause.needed
            if not met or clause.absent & seen:
                continue
            if not self._chains or self._chains[number].holds(oldest) is not None:
                return seen.bit_count()
        return None
