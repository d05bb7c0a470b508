"""Samples held in memory: for tests beside rules, and for what a group has just recorded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from tocsin.detection.promql.labels import acceptance, label
from tocsin.domain.ports.samples import Samples
from tocsin.domain.sample import LabelMatcher, Labels, Sample, Series


class MemorySamples:
    """A store that forgets nothing until it is dropped itself."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._series: dict[Labels, tuple[list[int], list[float]]] = {}
        self.append(samples)

    def append(self, samples: Iterable[Sample]) -> int:
        """Add samples in any order; the first of a series and millisecond stays. Return how many are new."""
        added = 0
        for sample in samples:
            times, values = self._series.setdefault(sample.labels, ([], []))
            index = bisect_left(times, sample.time_ms)
            if index == len(times) or times[index] != sample.time_ms:
                times.insert(index, sample.time_ms)
                values.insert(index, sample.value)
                added += 1
        return added

    def select(self, matchers: Sequence[LabelMatcher], start_ms: int, end_ms: int) -> tuple[Series, ...]:
        """Return matching series with their samples from start to end, both inclusive."""
        tests = [(matcher.name, acceptance(matcher)) for matcher in matchers]
        found = []
        for labels, (times, values) in self._series.items():
            if not all(accepts(label(labels, name)) for name, accepts in tests):
                continue
            first, stop = bisect_left(times, start_ms), bisect_right(times, end_ms)
            if first < stop:
                found.append(Series(labels, times[first:stop], values[first:stop]))
        return tuple(found)


class Layered:
    """Samples of a store with a few newer ones laid over it, as a group sees what its rules have recorded."""

    def __init__(self, beneath: Samples) -> None:
        self._beneath = beneath
        self._over = MemorySamples()

    def append(self, samples: Iterable[Sample]) -> int:
        """Lay samples over; they must be newer than what lies beneath."""
        return self._over.append(samples)

    def select(self, matchers: Sequence[LabelMatcher], start_ms: int, end_ms: int) -> tuple[Series, ...]:
        """Return the series of both, joined where they are the same."""
        found = {series.labels: series for series in self._beneath.select(matchers, start_ms, end_ms)}
        for series in self._over.select(matchers, start_ms, end_ms):
            below = found.get(series.labels)
            found[series.labels] = _joined(below, series) if below else series
        return tuple(found.values())


def _joined(below: Series, over: Series) -> Series:
    """Put samples behind older ones; one that stands beneath already is kept as it is."""
    fresh = [
        (time, value)
        for time, value in zip(over.times_ms, over.values, strict=True)
        if time > below.times_ms[-1]
    ]
    times, values = [time for time, _ in fresh], [value for _, value in fresh]
    return Series(over.labels, [*below.times_ms, *times], [*below.values, *values])
