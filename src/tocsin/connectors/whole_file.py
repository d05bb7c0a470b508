"""Replaces a file of somebody else's in one step, so that its readers see the old text or the new one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def replace_whole(path: Path, content: bytes) -> None:
    """Write the content beside the file, durably, then put it in its place; the mode stays as it was.

    Raises `OSError`, and then the file is as before.
    """
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
