"""Samples of one series as two columns: in memory to be searched, on disk as bytes."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

_REGULAR = struct.Struct("<qqq")
_IRREGULAR = b"\x01"


@dataclass(slots=True)
class Column:
    """Times, rising, and a value for each."""

    times: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def add(self, time_ms: int, value: float) -> None:
        """Put a sample where it belongs; one of a time that is here changes nothing."""
        if not self.times or time_ms > self.times[-1]:
            self.times.append(time_ms)
            self.values.append(value)
        elif not self.holds(time_ms):
            index = bisect_left(self.times, time_ms)
            self.times.insert(index, time_ms)
            self.values.insert(index, value)

    def holds(self, time_ms: int) -> bool:
        """Say whether there is a sample of this time."""
        index = bisect_left(self.times, time_ms)
        return index < len(self.times) and self.times[index] == time_ms

    def blocks(self, until_ms: int, length_ms: int) -> Iterator[tuple[int, Column]]:
        """Yield the samples before a time, cut at multiples of a length; the number counts those."""
        stop = bisect_left(self.times, until_ms)
        start = 0
        while start < stop:
            block = self.times[start] // length_ms
            end = min(stop, bisect_left(self.times, (block + 1) * length_ms))
            yield block, Column(self.times[start:end], self.values[start:end])
            start = end


def merged(columns: Sequence[Column]) -> Column:
    """Return several columns as one; of two samples of one time the one in the earlier column stays."""
    if len(columns) == 1:
        return columns[0]
    whole = Column()
    for column in columns:
        if not column.times:
            continue
        if not whole.times or column.times[0] > whole.times[-1]:
            whole.times.extend(column.times)
            whole.values.extend(column.values)
        else:
            for time_ms, value in zip(column.times, column.values, strict=True):
                whole.add(time_ms, value)
    return whole


def packed(column: Column) -> tuple[bytes, bytes]:
    """Return a column as bytes; times at one distance take 24 bytes in all."""
    times = column.times
    step = times[1] - times[0] if len(times) > 1 else 1
    if times == array("q", range(times[0], times[-1] + 1, step)):
        return _REGULAR.pack(times[0], step, len(times)), column.values.tobytes()
    return _IRREGULAR + times.tobytes(), column.values.tobytes()


def unpacked(times: bytes, values: bytes) -> Column:
    """Read what `packed` wrote."""
    kept = array("d")
    kept.frombytes(values)
    return Column(_regular(times) if len(times) == _REGULAR.size else array("q", times[1:]), kept)


@lru_cache(maxsize=1024)
def _regular(times: bytes) -> array[int]:
    """Return times at one distance; many series are sampled at the same ones, and nobody changes them."""
    first, step, count = _REGULAR.unpack(times)
    return array("q", range(first, first + step * count, step))
