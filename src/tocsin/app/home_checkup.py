"""Looks at the home folder alone, so that a full disk or an open key is told when nothing else can start."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tocsin.app.settings import Settings

TRIED_BYTES = 8192
LEAST_FREE = 0.05
"""Share of the disk; below it is time to make room, before writing fails."""


class Standing(StrEnum):
    """How one thing stands. A warning is worth knowing; a problem stops something that is relied upon."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check-up; `next_step` is empty when nothing is to be done."""

    name: str
    standing: Standing
    words: str
    next_step: str = ""


def check_home(settings: Settings) -> Iterator[Finding]:
    """Check the home folder, its disk and the modes of its keys; needs neither database nor packs."""
    home = settings.home
    for folder in (home, home / "lake", home / "evidence"):
        if folder == home or folder.is_dir():
            yield _written(folder)
    if home.is_dir():
        yield from _closed_to_others(home)
        yield from _room_on(home)
    keys = home / "keys"
    open_keys = [path for path in _files(keys) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in open_keys:
        yield Finding("keys", Standing.PROBLEM, f"Other users can open {path}.", f"Run `chmod 600 {path}`.")
    if not open_keys:
        yield Finding("keys", Standing.OK, "No other user can open the keys.")


def _written(folder: Path) -> Finding:
    """Really write and sync a little: rights and free space alone do not tell whether a disk takes it."""
    try:
        with tempfile.TemporaryFile(dir=folder) as tried:
            tried.write(bytes(TRIED_BYTES))
            tried.flush()
            os.fsync(tried.fileno())
    except OSError as error:
        words = f"{folder} cannot be written: {error.strerror}."
        step = "Make room on the disk, give this user the right, or choose --home."
        return Finding("home", Standing.PROBLEM, words, step)
    return Finding("home", Standing.OK, f"{folder} can be written.")


def _closed_to_others(home: Path) -> Iterator[Finding]:
    if stat.S_IMODE(home.stat().st_mode) & 0o077:
        words = f"Other users can look into {home}, where raw signals and exhibits lie."
        yield Finding("home", Standing.PROBLEM, words, f"Run `chmod 700 {home}`.")


def _room_on(home: Path) -> Iterator[Finding]:
    disk = shutil.disk_usage(home)
    free = disk.free / disk.total if disk.total else 1.0
    words = f"{free:.0%} of the disk of {home} is free."
    if free > LEAST_FREE:
        yield Finding("disk", Standing.OK, words)
    else:
        step = "Make room; when the disk is full, senders are told to wait."
        yield Finding("disk", Standing.PROBLEM, words, step)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
