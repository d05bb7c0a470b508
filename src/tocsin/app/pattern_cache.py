"""Remembers compiled pattern databases in a folder, so that thousands of rules start in a moment."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

# Databases kept; beyond it the one unused for longest goes. All of SigmaHQ needs some hundreds.
MOST = 2_000


class PatternFolder:
    """A folder with a file a database; what cannot be read or written is compiled again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> bytes | None:
        """Return what was kept under a key, or None."""
        path = self._folder / key
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def keep(self, key: str, content: bytes) -> None:
        """Keep a database; it is there whole or not at all, and a full disk only costs time later."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
                file.write(content)
            os.replace(file.name, self._folder / key)
            self._bound()

    def _bound(self) -> None:
        kept = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
        for path in sorted(kept, key=lambda each: each.stat().st_mtime)[: max(0, len(kept) - MOST)]:
            path.unlink(missing_ok=True)
