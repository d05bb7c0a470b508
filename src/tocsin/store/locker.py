"""Evidence on disk: each file lies under the SHA-256 of its bytes and is never written again."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from tocsin.domain.errors import Explained, NotFound, Overloaded

CHUNK_BYTES = 1024 * 1024

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class LockerDamaged(Explained):
    """The locker holds other bytes under a digest than those that gave it."""

    code = "locker_damaged"

    def __init__(self, digest: str) -> None:
        super().__init__(
            f"The evidence locker holds other bytes under {digest} than those that were kept there.",
            means="Evidence was changed on disk. The same content was to be kept again, and was not.",
            next_step="Save the changed file elsewhere, find out who wrote it, then keep the evidence again.",
        )


@dataclass(frozen=True, slots=True)
class Tried:
    """What the locker let be done to a file that was kept only to try it: `overwrite`, `delete`."""

    let: tuple[str, ...]

    @property
    def refuses_all(self) -> bool:
        """Say whether nothing was let: the folder is append-only for the user that we run as."""
        return not self.let


class DiskLocker:
    """An `EvidenceLocker` in a folder: `sha256/ab/cd/<hex>`, mode 0444; unfinished ones in `incoming`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, content: BinaryIO) -> tuple[str, int]:
        """Store the content durably and return (SHA-256 hex, size); the same content twice is one file.

        Raises `Overloaded` when the disk is full, read-only or failing, and then leaves nothing behind;
        `LockerDamaged` when changed bytes already lie under this digest. An error of `content` itself passes.
        """
        with _explained("write to"):
            incoming = _ensured_folder(self._root / "incoming")
            # The name is random, so that two writers never share a file; the mode keeps it ours until done.
            unfinished = incoming / secrets.token_hex(16)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            digest, size = _copy(content, descriptor)
            with _explained("write to"):
                self._settle(unfinished, digest)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        return digest, size

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading. Raises `NotFound`, also for what is no digest."""
        path = self._path(digest)
        if path is not None:
            with _explained("read"), suppress(FileNotFoundError):
                return path.open("rb")
        raise NotFound(
            "There is no evidence under this digest.",
            means="It was never kept here, or it was removed from the disk.",
            next_step="Run `tocsin audit verify`, which names every exhibit that is changed or gone.",
        )

    def digest_of(self, digest: str) -> str | None:
        """Hash the stored bytes anew and return the SHA-256 hex found, None when they are gone."""
        try:
            stored = self.open(digest)
        except NotFound:
            return None
        found = sha256()
        with stored, _explained("read"):
            while chunk := stored.read(CHUNK_BYTES):
                found.update(chunk)
        return found.hexdigest()

    def destroy(self, digest: str) -> bool:
        """Delete the bytes and return whether they were there. Raises `Overloaded` when the disk refuses."""
        path = self._path(digest)
        if path is None:
            return False
        with _explained("delete from"):
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(path.parent)
        return True

    def tried(self) -> Tried:
        """Try to overwrite and to delete a file, and return what was let. Raises `Overloaded`.

        What cannot be deleted is used again the next time.
        """
        with _explained("write to"):
            folder = _ensured_folder(self._root / "sha256" / "00" / "00")
            probe = folder / "probe"
            if not probe.exists():
                os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444))
        return Tried(tuple(word for word, was_let in _let(probe) if was_let))

    def _path(self, digest: str) -> Path | None:
        if not _DIGEST.fullmatch(digest):
            return None
        return self._root / "sha256" / digest[:2] / digest[2:4] / digest

    def _settle(self, unfinished: Path, digest: str) -> None:
        """Give a finished file its place, durably."""
        folder = _ensured_folder(self._root / "sha256" / digest[:2] / digest[2:4])
        found = self.digest_of(digest)
        if found is None:
            # Should another writer be first, then this puts the same bytes in the place of the same bytes.
            unfinished.rename(folder / digest)
        elif found != digest:
            raise LockerDamaged(digest)
        _sync_folder(folder)


def _let(probe: Path) -> Iterator[tuple[str, bool]]:
    """Yield whether a file can be overwritten, by its owner's own rights, and whether it can be deleted."""
    try:
        probe.chmod(0o644)
        os.close(os.open(probe, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC))
    except OSError:
        yield "overwrite", False
    else:
        yield "overwrite", True
    try:
        probe.unlink()
    except OSError:
        yield "delete", False
    else:
        yield "delete", True


def _copy(content: BinaryIO, descriptor: int) -> tuple[str, int]:
    """Copy to the descriptor, in chunks and hashing, sync and close it; return digest and size."""
    digest, size = sha256(), 0
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            with _explained("write to"):
                _write_all(file.fileno(), chunk)
        with _explained("write to"):
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
    return digest.hexdigest(), size


def _write_all(descriptor: int, chunk: bytes) -> None:
    """Write the whole chunk; a disk that is nearly full takes a part of it without an error."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _ensured_folder(folder: Path) -> Path:
    """Create the folder and the missing ones above it, each entry synced, closed to other users."""
    if not folder.is_dir():
        _ensured_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)
    return folder


def _sync_folder(folder: Path) -> None:
    """Make the folder's entries survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(verb: str) -> Iterator[None]:
    """Turn a disk's refusal into `Overloaded`, which asks the sender to come again."""
    try:
        yield
    except OSError as error:
        raise Overloaded(
            f"Tocsin cannot {verb} the evidence locker: {error.strerror or type(error).__name__}.",
            means="No evidence was kept or handed out by this request; what was kept before is untouched.",
            next_step="Free space on the locker's disk, or make it readable and writable, then try again.",
        ) from error
