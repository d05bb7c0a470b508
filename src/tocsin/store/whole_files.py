"""Small files that are there whole or not at all, also after a power cut: keys and a signer's memory."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_whole(path: Path, content: bytes) -> None:
    """Create a file of mode 0600, whole and durable; leave one that is already there as it is."""
    unfinished = written_beside(path, content)
    try:
        # Unlike a rename, a link fails when the name is taken: O_EXCL for a file that is already whole.
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
    sync_folder(path.parent)


def written_beside(path: Path, content: bytes) -> Path:
    """Write a new synced file of mode 0600 in the same folder and return its path."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def sync_folder(folder: Path) -> None:
    """Make the folder's entries survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
