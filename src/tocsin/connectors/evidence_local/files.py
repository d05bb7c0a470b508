"""Reads files that are configured as evidence, and nothing else: no link leads out of their folders."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import FailureKind

SETS = {
    "files": "TOCSIN_EVIDENCE_FILES",
    "app.log": "TOCSIN_EVIDENCE_APP_LOG",
    "postgres.connection_log": "TOCSIN_EVIDENCE_POSTGRES_LOG",
    "vault.audit_log": "TOCSIN_EVIDENCE_VAULT_LOG",
}
MOST_FILES = 1000
LARGEST_BYTES = 4 * 1024**3
"""More of one file is not kept; a larger one is cut, and says so."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def caller(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return who reads the files of the settings."""
    return FileCaller(
        {
            name: tuple(w for p in values[setting].split(",") if (w := p.strip()))
            for name, setting in SETS.items()
        }
    )


@dataclass(frozen=True, slots=True)
class FileCaller:
    """Lists and opens files below the roots of each set."""

    roots: Mapping[str, tuple[str, ...]]

    def call(self, call: Call) -> Any:
        """List or open. Raises `CallFailed`."""
        name = str(call.parameters["set"])
        roots = self.roots.get(name, ())
        if not roots:
            raise CallFailed(FailureKind.MISCONFIGURED, f"{SETS.get(name, name)} names no file or folder")
        try:
            if call.operation == "list":
                return self._list(roots, str(call.parameters["path"]))
            root = Path(roots[int(call.parameters["root"])])
            return _opened(root, str(call.parameters["path"]))
        except OSError as error:
            reason = f"{call.parameters['path'] or name}: {error.strerror or type(error).__name__}"
            raise CallFailed(FailureKind.REFUSED, reason) from None

    def _list(self, roots: tuple[str, ...], path: str) -> tuple[tuple[str, int, int], ...]:
        """Return (path, number of its root, running number) of each file, sorted by root and path."""
        found: list[tuple[str, int, int]] = []
        for number, root in enumerate(roots):
            for place in _files_below(Path(root)):
                if not path or place == path or place.startswith(f"{path.rstrip('/')}/"):
                    found.append((place, number, len(found) + 1))
                if len(found) > MOST_FILES:
                    reason = f"there are more than {MOST_FILES} files; name a smaller folder"
                    raise CallFailed(FailureKind.REFUSED, reason)
        if not found:
            reason = f"there is no file {path}" if path else f"there is no file at {', '.join(roots)}"
            raise CallFailed(FailureKind.REFUSED, f"{reason} that may be read as evidence")
        return tuple(found)


def _files_below(root: Path) -> Iterator[str]:
    """Yield the regular files at or below a root, without going through links."""
    if not root.is_dir():
        if root.exists():
            yield str(root)
        return
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            place = Path(folder, name)
            if stat.S_ISREG(place.lstat().st_mode):
                yield str(place)


def _opened(root: Path, path: str) -> tuple[BinaryIO, str]:
    """Open a file below a root, going through no link, and return it as long as it is now, and its gap."""
    file = open(_descriptor(root, path), "rb", buffering=0)  # noqa: SIM115 - whoever reads it closes it.
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        file.close()
        raise CallFailed(FailureKind.REFUSED, f"{path} is no regular file")
    is_cut = found.st_size > LARGEST_BYTES
    gap = f"{path} has {found.st_size} bytes, of which the first {LARGEST_BYTES} are kept" if is_cut else ""
    return AsLongAsNow(file, min(found.st_size, LARGEST_BYTES)), gap


def _descriptor(root: Path, path: str) -> int:
    if path == str(root):
        return os.open(root, _FLAGS & ~os.O_NOFOLLOW)
    parts = PurePosixPath(path).relative_to(root).parts if path.startswith(f"{root}/") else ("..",)
    if ".." in parts:
        raise CallFailed(FailureKind.REFUSED, f"{path} is not below a configured folder")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for number, part in enumerate(parts, 1):
        above = here
        try:
            here = os.open(part, _FLAGS | (0 if number == len(parts) else os.O_DIRECTORY), dir_fd=above)
        finally:
            os.close(above)
    return here


class AsLongAsNow(io.RawIOBase, BinaryIO):
    """A file up to the length that it had when it was opened: a log goes on while it is read."""

    def __init__(self, file: io.FileIO, length: int) -> None:
        self._file = file
        self._left = length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next piece, at most as long as what is left."""
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._file.read(wanted) if wanted else b""
        self._left -= len(piece or b"")
        return piece or b""

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()
