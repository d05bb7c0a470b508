"""A full disk: the intake answers 503 and never 200, what was accepted is kept, and all goes on after."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from served import TOCSIN, Served, wait_for
from tocsin.domain.person import Role

SIZE = "32m"
# The home folder becomes a small file system of its own, which only the server's mount namespace sees.
IN_A_SMALL_HOME = """\
set -e; home=$1; shift
cp -a "$home" "$home.before"; mount -t tmpfs -o size="$0" tocsin "$home"; cp -a "$home.before/." "$home"
exec "$@"
"""


class SmallDisk:
    """A home folder on a file system of 32 MB, filled from here through the server's own root."""

    def __init__(self, tocsin: Served, unshare: tuple[str, ...]) -> None:
        tocsin.command = (*unshare, "sh", "-c", IN_A_SMALL_HOME, SIZE, str(tocsin.home), *TOCSIN)
        self._tocsin = tocsin

    @contextmanager
    def full(self) -> Iterator[None]:
        assert self._tocsin.process is not None
        filler = Path(f"/proc/{self._tocsin.process.pid}/root{self._tocsin.home}/filler")
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                while _has_room(file.fileno(), size):
                    pass
        yield
        filler.unlink()


class ShortFiles:
    """Where no file system can be mounted: the kernel refuses the server every further byte in any file."""

    def __init__(self, tocsin: Served) -> None:
        self._tocsin = tocsin

    @contextmanager
    def full(self) -> Iterator[None]:
        assert self._tocsin.process is not None
        pid = self._tocsin.process.pid
        usual = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        yield
        resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)


def _has_room(descriptor: int, size: int) -> bool:
    try:
        return os.write(descriptor, bytes(size)) > 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


def _unshare() -> tuple[str, ...] | None:
    """Return the command that gives a program mounts of its own, None where that is not permitted."""
    binary = shutil.which("unshare")
    for options in (("--mount",), ("--mount", "--map-root-user")):
        command = (binary or "", *options)
        mount = [*command, "sh", "-c", "mount -t tmpfs tocsin /mnt"]
        if binary and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
            return command
    return None


@pytest.fixture(params=["a small file system", "a limit on files"])
def disk(request: pytest.FixtureRequest, tocsin: Served) -> SmallDisk | ShortFiles:
    unshare = _unshare() if request.param == "a small file system" else None
    return SmallDisk(tocsin, unshare) if unshare else ShortFiles(tocsin)


def test_a_full_disk_refuses_with_503_loses_nothing_accepted_and_recovers(
    tocsin: Served, disk: SmallDisk | ShortFiles
) -> None:
    token, reader = tocsin.token(Role.INGEST), tocsin.token(Role.VIEWER)
    tocsin.start()
    assert tocsin.post_alert(token, alertname="BeforeDown").status_code == 200
    wait_for(lambda: _is_called(tocsin, reader, "INC-1"), 15, "the page before the disk is full")

    with disk.full():
        # SQLite may find room for some more in what it overwrites; each that is answered 200 must be kept.
        answers = [tocsin.post_alert(token, alertname=f"Full{n}Down") for n in range(20)]
        accepted = [f"Full{n}Down" for n, answer in enumerate(answers) if answer.status_code == 200]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(accepted) + len(refused) == len(answers)
        assert refused
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        signals = tocsin.post("/ingest/signals?source=full", token, content=b'{"a": "%s"}' % (b"x" * 100_000))
        assert signals.status_code == 503

    def post_again() -> bool:
        return tocsin.post_alert(token, alertname="AfterDown").status_code == 200

    wait_for(post_again, 15, "an intake that goes on once there is space")
    assert tocsin.post("/ingest/signals?source=full", token, content=b'{"a": 1}\n').status_code == 200
    incidents = tocsin.incidents(reader)
    titles = " ".join(incident["title"] for incident in incidents)
    assert [name for name in ("BeforeDown", *accepted, "AfterDown") if name not in titles] == []
    assert len(incidents) == len(accepted) + 2
    wait_for(
        lambda: all(_is_called(tocsin, reader, one["id"]) for one in incidents), 60, "a page for each of them"
    )
    assert tocsin.health()["dead_letters"] == 0


def _is_called(tocsin: Served, reader: str, incident: str) -> bool:
    return "page.delivered" in tocsin.timeline(reader, incident)
