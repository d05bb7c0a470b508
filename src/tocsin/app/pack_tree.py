"""Packs as bytes: the files of a folder of packs as they lie in Git, or in the home, with their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.domain.errors import Explained

MOST_FILES = 20_000
MOST_BYTES = 100_000_000
"""Files and bytes of all packs together; what is more is no configuration."""
_FOLDERS = ("rules", "tables", "calendars", "prometheus", "drills", "runbooks", "tests")
_FILES = (
    *("oncall.yml", "triage.yml", "severities.yml", "noise.yml", "maintenance.yml", "sources.yml"),
    *("intake.yml", "lake.yml", "alertmanager.yml", "oncall.tests.yml"),
)


class PacksUnreadable(Explained):
    """A folder that should hold packs holds none, or something that is no plain file."""

    code = "packs_unreadable"

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(happened, means="Nothing was compared, planned or changed.", next_step=next_step)


@dataclass(frozen=True, slots=True)
class Tree:
    """All files of all packs by their path (`PACK/oncall.yml`), as bytes."""

    files: Mapping[str, bytes]

    @property
    def digests(self) -> Mapping[str, str]:
        """Return the SHA-256 (hex) of each file, by path."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}

    @property
    def digest(self) -> str:
        """Return the one digest of all (see `digest_of`)."""
        return digest_of(self.digests)

    def write(self, folder: Path) -> None:
        """Write all files below a new folder, each on the disk for good before this returns."""
        folder.mkdir(parents=True)
        for path, content in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for place in (*(each for each in folder.rglob("*") if each.is_dir()), folder):
            settle(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file that differs: `what` is added, changed or removed."""

    path: str
    what: str


def digest_of(digests: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) over lines `DIGEST  PATH`, by path, as `sha256sum` writes them."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def changed_files(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[FileChange, ...]:
    """Return which files differ, by path."""
    found = []
    for path in sorted({*old, *new}):
        if path not in old:
            found.append(FileChange(path=path, what="added"))
        elif path not in new:
            found.append(FileChange(path=path, what="removed"))
        elif old[path] != new[path]:
            found.append(FileChange(path=path, what="changed"))
    return tuple(found)


def tree_in_home(home: Path) -> Tree:
    """Return the packs of a home folder, none where it has none; what cannot be read is left out.

    Raises `PacksUnreadable` where there is too much.
    """
    mend(home)
    folder = home / "packs"
    if not folder.is_dir():
        return Tree({})
    found = (path for child in _children(folder) if child.is_dir() for path in _below(child))
    return _read((path for path in found if _is_readable(path)), folder)


def tree_for(home: Path, folder: Path) -> Tree:
    """Return what the packs of a home would be by a folder. Raises `PacksUnreadable`.

    A folder of packs takes the place of all; one that is itself a pack takes the place of the pack of its
    name only.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise PacksUnreadable(f"{folder} is no folder.", "Name a folder that holds packs, or is one.")
    if _is_pack(folder):
        kept = tree_in_home(home).files.items()
        others = {path: content for path, content in kept if path.partition("/")[0] != folder.name}
        return Tree({**others, **_read(_plain(_below(folder)), folder.parent).files})
    packs = [child for child in _children(folder) if child.is_dir() and _is_pack(child)]
    if not packs:
        raise PacksUnreadable(
            f"{folder} holds no pack.",
            "A pack is a folder with oncall.yml, triage.yml or another file of packs, or a folder of rules.",
        )
    return _read(_plain(path for pack in packs for path in (pack, *_below(pack))), folder)


def mend(home: Path) -> None:
    """Finish an exchange of packs that a crash has cut in two; what was to come is whole by then."""
    if not (home / "packs").exists() and (home / "packs.next").is_dir():
        # Another process may do the same at this moment; then it is done.
        try:
            (home / "packs.next").rename(home / "packs")
        except FileNotFoundError:
            return
        settle(home)


def settle(folder: Path) -> None:
    """Bring what a folder lists onto the disk for good."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_pack(folder: Path) -> bool:
    named = any((folder / name).is_file() for name in _FILES)
    return named or any((folder / name).is_dir() for name in _FOLDERS) or any(folder.glob("*.ics"))


def _children(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name, without hidden files such as those of Git."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _below(folder: Path) -> Iterator[Path]:
    """Yield what lies below a pack and is no folder; links to folders are not followed."""
    for path in _children(folder):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        else:
            yield path


def _plain(found: Iterable[Path]) -> Iterator[Path]:
    """Yield the files among some paths. Raises `PacksUnreadable` for what is neither file nor folder."""
    for path in found:
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise PacksUnreadable(
                f"{path} is no plain file.", "Packs hold files and folders only; put the file itself there."
            )
        if path.is_file():
            yield path


def _is_readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def _read(found: Iterable[Path], root: Path) -> Tree:
    files: dict[str, bytes] = {}
    size = 0
    for path in found:
        files[path.relative_to(root).as_posix()] = content = _content(path)
        size += len(content)
        if len(files) > MOST_FILES or size > MOST_BYTES:
            raise PacksUnreadable(
                f"The packs have more than {MOST_FILES:,} files or {MOST_BYTES // 1_000_000} MB.",
                "Keep captures and builds out of them.",
            )
    return Tree(files)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PacksUnreadable(
            f"{path} cannot be read: {error.strerror}.", "Make it readable, or remove it."
        ) from error
