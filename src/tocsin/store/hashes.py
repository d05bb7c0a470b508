"""The hashes of the log's entries outside the database, so that a rewritten entry can be named exactly."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tocsin.store.whole_files import sync_folder

HASH_BYTES = 32
_READ_BYTES = HASH_BYTES * 4096


class HashFile:
    """One file of 32 bytes an entry, by index. It may be shorter than the log, and absent at first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self) -> int:
        """Return how many whole hashes it holds."""
        try:
            return self._path.stat().st_size // HASH_BYTES
        except FileNotFoundError:
            return 0

    def append(self, start: int, hashes: Iterable[bytes]) -> None:
        """Write hashes from an index on, durably, in place of what was there; a torn end goes with it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(start * HASH_BYTES)
            file.seek(start * HASH_BYTES)
            file.writelines(hashes)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._path.parent)

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Yield the hashes from an index on; nothing when the file is absent."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(start * HASH_BYTES)
            while chunk := file.read(_READ_BYTES):
                whole = len(chunk) // HASH_BYTES
                yield from (chunk[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(whole))
