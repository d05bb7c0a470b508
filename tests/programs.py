"""Outside programs as their vendors ship them, each started for one test on a free port."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from skips import skip_or_fail


def program(name: str, package: str) -> str:
    """Return the path of an installed program, or skip."""
    found = shutil.which(name)
    if found is None:
        skip_or_fail(f"{name} is not installed (Debian package {package})")
    return str(found)


@contextlib.contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of a block; its words go to `log`."""
    with log.open("wb") as words:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd=log.parent
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)
