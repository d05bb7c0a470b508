"""Writes that survive a power cut: names synced in their folders, whole lines or none."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

BLOCK = 1 << 20


@contextmanager
def opened(path: Path, flags: int, lock: int) -> Iterator[int]:
    """Open a file and hold it against others: `fcntl.LOCK_SH` to read, `fcntl.LOCK_EX` to change."""
    file = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        # Each opening has its own lock, so this also holds between threads of one process.
        fcntl.flock(file, lock)
        yield file
    finally:
        os.close(file)


def made(path: Path) -> None:
    """Create an empty file, unless it is there, and the folders above it, each new name synced."""
    ensured(path.parent)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    sync_folder(path.parent)


def ensured(folder: Path) -> Path:
    """Create a folder and those above it, closed to other users, each new name synced."""
    if not folder.is_dir():
        ensured(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        sync_folder(folder.parent)
    return folder


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's bytes survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settled(unfinished: Path, place: Path) -> None:
    """Give a finished file its place: its bytes first, then its name; it is never written again."""
    os.chmod(unfinished, 0o400)
    sync_file(unfinished)
    os.rename(unfinished, place)
    sync_folder(place.parent)


def removed(path: Path) -> None:
    """Remove a file if it is there, durably."""
    if path.exists():
        os.unlink(path)
        sync_folder(path.parent)


def append_synced(file: int, pieces: Iterable[bytes]) -> int:
    """Append to an open file after its last whole line, all or nothing; return where that began."""
    start = stop = whole_end(file)
    try:
        for piece in pieces:
            written = 0
            while written < len(piece):
                written += os.pwrite(file, memoryview(piece)[written:], stop + written)
            stop += written
        os.fdatasync(file)
    except OSError:
        os.ftruncate(file, start)
        raise
    return start


def whole_end(file: int) -> int:
    """Cut off what a crash left of an unfinished line and return where the last whole line ends."""
    size = os.fstat(file).st_size
    if size == 0 or os.pread(file, 1, size - 1) == b"\n":
        return size
    whole = last_break(file, size) + 1
    os.ftruncate(file, whole)
    return whole


def last_break(file: int, end: int) -> int:
    """Return where the last line break before `end` is, -1 without any."""
    while end > 0:
        start = max(0, end - BLOCK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found
        end = start
    return -1


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(BLOCK):
            found.update(chunk)
    return found.hexdigest()
