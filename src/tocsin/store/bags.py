"""Bags as archives: written as one stream, the same bytes for the same bag; opened and checked by `bagit`."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar

import bagit  # type: ignore[import-untyped]

from tocsin.domain.errors import Explained

CHUNK_BYTES = 1024 * 1024
MOST_FILES = 100_000
MOST_BYTES = 64 * 1024**3
"""More than this is no bag of ours; an archive that claims it is not unpacked."""
_BLOCK = 512
_READ_ONLY = 0o444


class BagRefused(Explained):
    """A bag cannot be made, opened, or is not what it says."""

    code: ClassVar[str] = "bag_refused"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The bag is refused: {why}.",
            means="What is in it proves nothing as it is.",
            next_step="Fetch it again from where it was exported; compare its digest with the log's entry.",
        )


@dataclass(frozen=True, slots=True)
class Payload:
    """One file of a bag's payload: its path, size and digest, and how it is opened."""

    path: str
    size: int
    digest: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Checked:
    """A bag that was opened: its tag manifest's digest (SHA-256, hex), its tags, how many files it has."""

    digest: str
    tags: Mapping[str, str]
    files: int
    size: int
    faults: tuple[str, ...]


class BagStream(io.RawIOBase):
    """A bag as a tar archive, made while it is read; each file is hashed anew as it passes.

    Reading raises `BagRefused` when a file is not what its digest says.
    """

    def __init__(
        self, name: str, tags: Mapping[str, bytes], payload: Iterable[Payload], at: datetime
    ) -> None:
        self._pieces = _pieces(name, tags, payload, int(at.timestamp()))
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next piece, shorter than asked for where a file ends, empty at the end of the bag."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        wanted = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:wanted], self._rest[wanted:]
        return bytes(found)


def _pieces(name: str, tags: Mapping[str, bytes], payload: Iterable[Payload], at: int) -> Iterator[bytes]:
    for path, content in tags.items():
        yield _header(f"{name}/{path}", len(content), at) + content + _padding(len(content))
    for each in payload:
        yield _header(f"{name}/{each.path}", each.size, at)
        yield from _verified(each)
        yield _padding(each.size)
    yield bytes(2 * _BLOCK)


def _header(path: str, size: int, at: int) -> bytes:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mtime, entry.mode = size, at, _READ_ONLY
    return entry.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _verified(each: Payload) -> Iterator[bytes]:
    found, size = sha256(), 0
    with each.open() as file:
        while piece := file.read(CHUNK_BYTES):
            found.update(piece)
            size += len(piece)
            if size > each.size:
                break
            yield piece
    if (found.hexdigest(), size) != (each.digest, each.size):
        raise BagRefused(f"{each.path} is no longer what was kept under {each.digest}")


@contextmanager
def unpacked(archive: BinaryIO, folder: Path | None = None) -> Iterator[Path]:
    """Yield the folder of a bag that was unpacked, below `folder` or for the length of the block only.

    Nothing of an archive is written outside of it: links, devices and paths that lead out are refused.
    Raises `BagRefused`.
    """
    with tempfile.TemporaryDirectory(prefix="tocsin-bag-") as passing:
        root = passing if folder is None else str(folder)
        try:
            with tarfile.open(fileobj=archive, mode="r:") as tar:
                tops = {_unpacked(tar, entry, root) for entry in _bounded(tar)}
        except (tarfile.TarError, OSError, UnicodeError, ValueError) as error:
            raise BagRefused(f"it cannot be unpacked ({type(error).__name__})") from None
        if len(tops) != 1:
            raise BagRefused("it does not hold one folder")
        yield Path(root, tops.pop())


def checked(folder: Path) -> Checked:
    """Validate every byte of an unpacked bag, with the `bagit` library. Raises `BagRefused` for no bag."""
    try:
        bag = bagit.Bag(str(folder))
    except (bagit.BagError, OSError, UnicodeError) as error:
        raise BagRefused(f"{folder.name} is no bag ({error})") from None
    faults: tuple[str, ...] = ()
    try:
        bag.validate(processes=1)
    except bagit.BagValidationError as error:
        faults = tuple(str(each) for each in error.details) or (str(error),)
    except (OSError, UnicodeError) as error:
        faults = (f"it cannot be read ({type(error).__name__})",)
    manifest = folder / "tagmanifest-sha256.txt"
    files = [path for path in (folder / "data").rglob("*") if path.is_file()]
    return Checked(
        digest=sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else "",
        tags={name: str(value) for name, value in bag.info.items()},
        files=len(files),
        size=sum(path.stat().st_size for path in files),
        faults=faults,
    )


def _bounded(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    size = 0
    for number, entry in enumerate(tar, 1):
        size += entry.size
        if number > MOST_FILES or size > MOST_BYTES:
            raise BagRefused("it claims to be larger than any bag")
        yield entry


def _unpacked(tar: tarfile.TarFile, entry: tarfile.TarInfo, root: str) -> str:
    """Unpack one plain file and return the folder at the top of its path."""
    parts = PurePosixPath(entry.name).parts
    content = tar.extractfile(entry) if entry.isreg() else None
    if content is None or len(parts) < 2 or {"..", "/"} & set(parts):
        raise BagRefused(f"{entry.name[:80]!r} is no plain file below one folder")
    target = Path(root, *parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Only plain files are ever made here, so no earlier entry can be a link that leads out.
    with target.open("xb") as out:
        shutil.copyfileobj(content, out, CHUNK_BYTES)
    return parts[0]
