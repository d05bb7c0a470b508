"""Keeps signals as they came: fsynced NDJSON files of one source, read by an offset that goes on for ever."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from tocsin.store.lake.durable import append_synced, made, opened, removed, whole_end
from tocsin.store.lake.joining import Joining
from tocsin.store.lake.refusals import SignalRefused, SignalsMissing

FIRST = "hot.ndjson"
_LINES_A_WRITE = 128
_BLOCK = 1 << 17
# No more is read together, however many lines are asked for.
_MOST_BYTES = 64 << 20
# One a folder and process, however many lakes are opened on it.
_JOINING: dict[Path, Joining] = {}
_NEXT = re.compile(r"hot-(\d{20})-(\d{8})\.ndjson")


@dataclass(frozen=True, slots=True)
class HotFile:
    """One file of lines: the offset of its first byte in its source, and the day it was begun (if known)."""

    path: Path
    start: int
    begun: date | None

    def size(self) -> int:
        """Return its bytes, 0 when it is gone."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def hot_files(folder: Path) -> tuple[HotFile, ...]:
    """Return a source's hot files, oldest first; lines are appended to the last one."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    found = [HotFile(folder / FIRST, 0, None)] if FIRST in names else []
    for name in names:
        matched = _NEXT.fullmatch(name)
        if matched:
            begun = datetime.strptime(matched[2], "%Y%m%d").replace(tzinfo=UTC).date()
            found.append(HotFile(folder / name, int(matched[1]), begun))
    return tuple(sorted(found, key=lambda each: each.start))


def append(folder: Path, lines: Sequence[bytes]) -> int:
    """Store the lines in the newest hot file, all or none; return the offset after them.

    Threads that append at the same time share one sync of the disk.
    Raises `SignalRefused` for a line with a line break in it, and OSError when the disk refuses.
    """
    if any(b"\n" in line for line in lines):
        raise SignalRefused(
            "A record has a line break in it.",
            means="The signals of this request were not kept.",
            next_step="Send each record as one line of JSON.",
        )
    joining = _JOINING.get(folder) or _JOINING.setdefault(folder, Joining(partial(_append, folder)))
    return joining.append(lines)


def _append(folder: Path, lines: Sequence[bytes]) -> int:
    while True:
        files = hot_files(folder)
        if not files:
            made(folder / FIRST)
            continue
        stop = _appended(folder, files[-1], lines)
        if stop is not None:
            return stop


def _appended(folder: Path, newest: HotFile, lines: Sequence[bytes]) -> int | None:
    """Append to what was the newest file; None when another process has begun the next one meanwhile."""
    try:
        with opened(newest.path, os.O_RDWR, fcntl.LOCK_EX) as file:
            if hot_files(folder)[-1] != newest:
                return None
            start = append_synced(file, _pieces(lines))
            return newest.start + start + sum(map(len, lines)) + len(lines)
    except FileNotFoundError:
        return None


def _pieces(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the lines with their line breaks, some at a time: one text of all would be one more copy."""
    for start in range(0, len(lines), _LINES_A_WRITE):
        yield b"\n".join((*lines[start : start + _LINES_A_WRITE], b""))


def read(source: str, hot: HotFile, offset: int, limit: int) -> tuple[bytes, ...]:
    """Return up to `limit` whole lines of a hot file from an offset of the source.

    Waits for an append in progress, so that it never returns a line that a power cut could still take back.
    Raises `SignalsMissing` when the file is shorter than the offset, FileNotFoundError when it was sealed.
    """
    with opened(hot.path, os.O_RDONLY, fcntl.LOCK_SH) as file:
        size = os.fstat(file).st_size
        check_reach(source, hot.start + size, offset)
        if size and os.pread(file, 1, size - 1) == b"\n":
            # Nobody changes whole lines any more, so that who appends need not wait until they are read.
            fcntl.flock(file, fcntl.LOCK_UN)
        return _whole_lines(file, offset - hot.start, size, limit)


def lines(hot: HotFile) -> Iterator[tuple[int, bytes]]:
    """Yield offset and bytes of every line that is in the file now, also if it is sealed meanwhile.

    Raises FileNotFoundError, before the first line, when it was sealed already.
    """
    with hot.path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        size = os.fstat(file.fileno()).st_size
        fcntl.flock(file, fcntl.LOCK_UN)
        offset, left = hot.start, size
        for line in file:
            left -= len(line)
            if left < 0 or not line.endswith(b"\n"):
                return
            yield offset, line[:-1]
            offset += len(line)


def roll(folder: Path, today: date) -> HotFile | None:
    """End the newest hot file and begin the next one, so that the ended one can be sealed; return it.

    None when there is nothing in it, or when another process did it meanwhile.
    """
    files = hot_files(folder)
    if not files or not files[-1].size():
        return None
    newest = files[-1]
    try:
        with opened(newest.path, os.O_RDWR, fcntl.LOCK_EX) as file:
            size = whole_end(file)
            if hot_files(folder)[-1] != newest or not size:
                return None
            os.fsync(file)
            made(folder / f"hot-{newest.start + size:020d}-{today:%Y%m%d}.ndjson")
    except FileNotFoundError:
        return None
    return newest


def drop(hot: HotFile) -> None:
    """Remove a hot file whose lines are sealed."""
    removed(hot.path)


def check_reach(source: str, stop: int, offset: int) -> None:
    """Raise `SignalsMissing` if an offset lies behind the end of a source."""
    if offset > stop:
        raise SignalsMissing(
            f"The signals of {source!r} end at byte {stop}, but they were judged up to byte {offset}.",
            means="Signals were lost from the disk, and new ones of this source are not judged.",
            next_step="Restore the source's folder from a backup, or send its signals under a new name.",
        )


def _whole_lines(file: int, offset: int, size: int, limit: int) -> tuple[bytes, ...]:
    lines: list[bytes] = []
    rest = b""
    start = offset
    while len(lines) < limit and offset < size and (not lines or offset - start < _MOST_BYTES):
        # A line longer than a block is read by ever larger ones, so that it is not copied again and again.
        block = os.pread(file, min(max(_BLOCK, len(rest)), size - offset), offset)
        if not block:
            break
        offset += len(block)
        *whole, rest = (rest + block).split(b"\n")
        lines.extend(whole)
    return tuple(lines[:limit])
