"""Keeps signals as they came: one fsynced NDJSON file a source, read by byte offset."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tocsin.domain.errors import Explained, Overloaded

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HOT = "hot.ndjson"
_BLOCK = 1 << 20


class SignalRefused(Explained):
    """A source's name or a record cannot be kept in the lake."""

    code = "signal_refused"


class SignalsMissing(Explained):
    """The lake ends before a position up to which signals were judged already."""

    code = "signals_missing"


def checked_source(source: str) -> str:
    """Return a source's name if it can be one. Raises `SignalRefused`."""
    if not _SOURCE.fullmatch(source):
        raise SignalRefused(
            f"{source[:80]!r} cannot be the name of a source.",
            means="The signals of this request were not kept.",
            next_step="Use up to 64 lower-case letters, digits and . _ -, with a letter or digit first.",
        )
    return source


class SegmentLake:
    """The lake under one folder: `<root>/<source>/hot.ndjson`.

    Any number of threads and processes may use it at once. A reader waits for an append in progress, so that
    it never sees a line that a power cut could still take back.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def append(self, source: str, lines: Sequence[bytes]) -> int:
        """Store the lines, all or none, and return the offset after them.

        Raises `SignalRefused` for a bad name or a line with a line break in it, `Overloaded` when the disk
        refuses.
        """
        path = self._path(source)
        _check(lines)
        try:
            with _opened(path, os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX) as file:
                return _append(file, b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise _disk_refused(error) from error

    def read(self, source: str, offset: int, limit: int) -> tuple[tuple[bytes, ...], int]:
        """Return up to `limit` whole lines from an offset that was returned before, and the next offset.

        Raises `SignalsMissing` when the file is shorter than the offset.
        """
        path = self._path(source)
        if not path.exists():
            _check_reach(source, 0, offset)
            return (), offset
        with _opened(path, os.O_RDONLY, fcntl.LOCK_SH) as file:
            _check_reach(source, os.fstat(file).st_size, offset)
            lines = _whole_lines(file, offset, limit)
        return lines, offset + sum(len(line) + 1 for line in lines)

    def sources(self) -> tuple[str, ...]:
        """Return every source that has signals, by name."""
        found = (path.parent.name for path in self._root.glob(f"*/{_HOT}") if path.stat().st_size)
        return tuple(sorted(found))

    def _path(self, source: str) -> Path:
        return self._root / checked_source(source) / _HOT


def _check(lines: Sequence[bytes]) -> None:
    if any(b"\n" in line for line in lines):
        raise SignalRefused(
            "A record has a line break in it.",
            means="The signals of this request were not kept.",
            next_step="Send each record as one line of JSON.",
        )


def _check_reach(source: str, size: int, offset: int) -> None:
    if offset > size:
        raise SignalsMissing(
            f"The signals of {source!r} end at byte {size}, but they were judged up to byte {offset}.",
            means="Signals were lost from the disk, and new ones of this source are not judged.",
            next_step="Restore the source's folder from a backup, or send its signals under a new name.",
        )


@contextmanager
def _opened(path: Path, flags: int, lock: int) -> Iterator[int]:
    if flags & os.O_CREAT and not path.exists():
        _make(path)
    file = os.open(path, flags, 0o600)
    try:
        # Each opening has its own lock, so this also holds between threads of one process.
        fcntl.flock(file, lock)
        yield file
    finally:
        os.close(file)


def _make(path: Path) -> None:
    """Create the file so that it is still there after a power cut: each new name is synced in its folder."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _append(file: int, content: bytes) -> int:
    start = _whole_end(file)
    try:
        written = 0
        while written < len(content):
            written += os.pwrite(file, memoryview(content)[written:], start + written)
        os.fdatasync(file)
    except OSError:
        os.ftruncate(file, start)
        raise
    return start + len(content)


def _whole_end(file: int) -> int:
    """Cut off what a crash left of an unfinished line and return where the last whole line ends."""
    size = end = os.fstat(file).st_size
    if size == 0 or os.pread(file, 1, size - 1) == b"\n":
        return size
    found = -1
    while found < 0 < end:
        start = max(0, end - _BLOCK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        end = start
    whole = end + found + 1 if found >= 0 else 0
    os.ftruncate(file, whole)
    return whole


def _whole_lines(file: int, offset: int, limit: int) -> tuple[bytes, ...]:
    lines: list[bytes] = []
    rest = b""
    while len(lines) < limit:
        block = os.pread(file, _BLOCK, offset)
        if not block:
            break
        offset += len(block)
        *whole, rest = (rest + block).split(b"\n")
        lines.extend(whole)
    return tuple(lines[:limit])


def _disk_refused(error: OSError) -> Overloaded:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        happened, next_step = (
            "The disk of the lake is full.",
            "Free space on it; nothing else needs to be done.",
        )
    else:
        happened = f"The disk of the lake refused to write: {os.strerror(error.errno or errno.EIO)}."
        next_step = "Look at the disk's health, its mount and the folder's owner."
    return Overloaded(
        happened,
        means="Nothing of this request was kept; the sender is asked to try again.",
        next_step=next_step,
    )
