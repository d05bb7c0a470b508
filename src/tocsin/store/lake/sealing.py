"""Turns an ended hot file into segments: written, listed in one line of the manifest, only then removed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.store.lake.durable import BLOCK, digest_of, ensured, opened, settled
from tocsin.store.lake.extra import sealed_format
from tocsin.store.lake.hot import HotFile
from tocsin.store.lake.manifest import EPOCH, Act, Manifest, Segment, micros, record_of
from tocsin.store.lake.shredding import MOST_NAMED, Row, by_time, names_in

SEGMENTS = "segments"
FEWEST_A_DAY = 10_000
"""A day with fewer records shares its segment with the next one."""
MOST_ROWS = 1_000_000
_DAY = 86_400_000_000

TimeOf = Callable[[bytes], datetime | None]
"""When a record happened by its own account, None where it does not say."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one sealing wrote, and the hash of its line in the manifest."""

    source: str
    segments: tuple[Segment, ...]
    head: str

    @property
    def rows(self) -> int:
        """Return how many records were sealed."""
        return sum(each.rows for each in self.segments)


def seal(root: Path, source: str, hot: HotFile, time_of: TimeOf, now: datetime) -> Sealed:
    """Write an ended hot file's records into segments and list them; the caller then drops the file.

    Whatever is killed in between: until the manifest's line is durable the hot file counts and the segments
    are nothing, from then on the segments count and the hot file is nothing. Only one process may seal.
    """
    with opened(hot.path, os.O_RDONLY, fcntl.LOCK_SH) as file:
        stop = hot.start + os.fstat(file).st_size
        rows = sorted(_rows(file, hot.start, time_of), key=by_time)
    segments = []
    for number, cut in enumerate(_cuts(rows)):
        segments.append(_written(root, source, hot, number, cut, now))
    with Manifest(root).writing() as add:
        what = {
            "source": source,
            "start": hot.start,
            "stop": stop,
            "segments": list(map(record_of, segments)),
        }
        return Sealed(source, tuple(segments), add(Act.SEALED, now, what))


def _rows(file: int, start: int, time_of: TimeOf) -> Iterator[Row]:
    position, rest, place = start, b"", 0
    while block := os.pread(file, BLOCK, place):
        place += len(block)
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            time = time_of(line)
            yield (None if time is None else micros(time)), position, line
            position += len(line) + 1


def _cuts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut sorted rows where a day ends, days with few records joined to the next."""
    start = 0
    for place in range(1, len(rows)):
        ends = _day(rows[place]) != _day(rows[place - 1]) and place - start >= FEWEST_A_DAY
        if ends or place - start >= MOST_ROWS:
            yield rows[start:place]
            start = place
    if rows:
        yield rows[start:]


def _day(row: Row) -> int | None:
    return None if row[0] is None else row[0] // _DAY


def _written(
    root: Path, source: str, hot: HotFile, number: int, rows: Sequence[Row], now: datetime
) -> Segment:
    """Write one segment under a name that a repeated sealing gives again, and return what it holds."""
    times = [row[0] for row in rows if row[0] is not None]
    day = (EPOCH + timedelta(days=times[-1] // _DAY) if times else now).date().isoformat()
    folder = ensured(root / source / SEGMENTS / day)
    place = folder / f"{hot.start:020d}-{number:04d}.parquet"
    unfinished = place.with_suffix(".unfinished")
    names = names_in(row[2] for row in rows)
    columns = names.chosen()
    dropped = sorted(names.counts.keys() - set(columns))
    odd = sealed_format().write(unfinished, rows, columns)
    digest, size = digest_of(unfinished), unfinished.stat().st_size
    settled(unfinished, place)
    positions = [row[1] for row in rows]
    return Segment(
        path=place.relative_to(root).as_posix(),
        source=source,
        sha256=digest,
        size=size,
        rows=len(rows),
        first=min(positions),
        stop=max(row[1] + len(row[2]) + 1 for row in rows),
        first_time=times[0] if times else None,
        last_time=times[-1] if times else None,
        undated=len(rows) - len(times),
        odd=odd,
        columns=columns,
        dropped=tuple(dropped[:MOST_NAMED]),
        maps=tuple(sorted(names.maps)[:MOST_NAMED]),
        complete=len(dropped) <= MOST_NAMED and len(names.maps) <= MOST_NAMED,
        sealed_at=now.isoformat(),
    )
