"""The lake: signals appended hot, sealed into segments, read back by position or as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.store.lake import hot
from tocsin.store.lake.extra import sealed_format
from tocsin.store.lake.hot import HotFile, check_reach, hot_files
from tocsin.store.lake.manifest import Listing, Manifest, Segment
from tocsin.store.lake.refusals import (
    SignalsMissing,
    broken,
    checked_source,
    disk_refused,
    unknown_source,
)

_TRIES = 100


@dataclass(frozen=True, slots=True)
class Contents:
    """What the lake holds at one moment: sealed segments, and hot files with what is not sealed."""

    listing: Listing
    segments: tuple[Segment, ...]
    hot: tuple[tuple[str, HotFile], ...]


class SegmentLake:
    """The lake under one folder: `<source>/hot*.ndjson` and `<source>/segments/<day>/*.parquet`.

    Offsets of a source count the bytes of all its lines and go on across sealing. Any number of threads and
    processes may use it at once.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def append(self, source: str, lines: Sequence[bytes]) -> int:
        """Store the lines, all or none, and return the offset after them.

        Raises `SignalRefused` for a bad name or a line with a line break in it, `Overloaded` when the disk
        refuses.
        """
        folder = self.root / checked_source(source)
        try:
            return hot.append(folder, lines)
        except OSError as error:
            raise disk_refused(error) from error

    def read(self, source: str, offset: int, limit: int) -> tuple[tuple[bytes, ...], int]:
        """Return up to `limit` whole lines from an offset that was returned before, and the next offset.

        It may return fewer where a hot file ends. Raises `SignalsMissing` when the offset lies behind the end
        or what stood there was deleted.
        """
        folder = self.root / checked_source(source)
        for _ in range(_TRIES):
            files = hot_files(folder)
            owner = next((each for each in reversed(files) if each.start <= offset), None)
            try:
                if owner is not None:
                    lines = hot.read(source, owner, offset, limit)
                elif files:
                    lines = self._sealed(source, offset, limit)
                else:
                    check_reach(source, 0, offset)
                    lines = ()
            except FileNotFoundError:
                continue  # It was sealed or moved between our look and our reading.
            return lines, offset + sum(len(line) + 1 for line in lines)
        raise _gone(source, offset)

    def sources(self) -> tuple[str, ...]:
        """Return every source that has or had signals, by name."""
        names = []
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            files = hot_files(folder)
            if files and (files[-1].start or files[-1].size()):
                names.append(folder.name)
        return tuple(sorted(names))

    def contents(self, source: str = "") -> Contents:
        """Return what there is now, of one source or of all; raises `NotFound` for a source without any.

        The hot files are listed before the manifest is read, so that what is sealed meanwhile is in one of
        them; what is in both is left out of the hot ones.
        """
        names = self.sources()
        if source and checked_source(source) not in names:
            raise unknown_source(source)
        wanted = (source,) if source else names
        found = [(name, each) for name in wanted for each in hot_files(self.root / name)]
        listing = Manifest(self.root).listing()
        return Contents(
            listing,
            tuple(each for each in listing.segments if each.source in wanted),
            tuple((name, each) for name, each in found if each.start >= listing.sealed_to.get(name, 0)),
        )

    def segment(self, segment: Segment, footer: Any = None) -> Any:
        """Open a segment for reading, also one that was moved since it was listed.

        The `footer` of an earlier opening spares reading it again.

        Raises `LakeExtraMissing`, and `LakeBroken` for a segment that is gone or no Parquet file.
        """
        reader = sealed_format().SegmentFile
        try:
            return reader(self.root / segment.path, footer)
        except FileNotFoundError:
            for each in Manifest(self.root).listing().segments:
                if each.sha256 == segment.sha256 and (self.root / each.path).exists():
                    return reader(self.root / each.path, footer)
        raise broken(f"The segment {segment.path} is listed, and there is no such file.")

    def _sealed(self, source: str, offset: int, limit: int) -> tuple[bytes, ...]:
        listing = Manifest(self.root).listing()
        found: list[tuple[int, bytes]] = []
        for each in listing.segments:
            if each.source == source and each.first <= offset < each.stop:
                rows = self.segment(each).rows()
                found += [(position, raw) for _, position, raw in rows if position >= offset]
        lines = []
        for position, raw in sorted(found)[:limit]:
            if position != offset:
                break
            lines.append(raw)
            offset += len(raw) + 1
        if not lines:
            raise _gone(source, offset)
        return tuple(lines)


def _gone(source: str, offset: int) -> SignalsMissing:
    return SignalsMissing(
        f"The signals of {source!r} at byte {offset} are not kept any more, or no line begins there.",
        means="They were deleted by the retention policy, or the position was never given out.",
        next_step="`tocsin lake status` tells which times are kept.",
    )
