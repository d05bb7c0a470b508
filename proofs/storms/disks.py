"""A full disk, a database locked for 30 s, a file system that turns read-only: 503, never a false 200.

Each on a server of its own, with a watcher outside that is called by our sign of life every second. While the
trouble lasts every alert is answered 503 or, where it still finds room, 200 and kept; the signs of life stop,
so that the watcher (which waits 30 s) fires within two minutes; afterwards all that was accepted is paged.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from partners import Partner, serving
from rig import Figures, Load, Rig, rig, wait
from test_full_disk import SmallDisk, _unshare

from served import TOCSIN
from tocsin.domain.person import Role

LOCKED, FULL, READ_ONLY = "locked database", "full disk", "read-only file system"
WATCHER_WAITS_S = 30.0
DEAD_MAN_S = 120.0
ON_EXT4 = """\
set -e; image=$0; home=$1; shift
e2fsck -p "$image" >/dev/null || test $? -le 1
if [ -f "$home/tocsin.db" ]; then cp -a "$home" "$home.before"; find "$home" -mindepth 1 -delete; fi
mount -o loop,errors=remount-ro "$image" "$home"
if [ -d "$home.before" ]; then cp -a "$home.before/." "$home"; rm -rf "$home.before"; fi
sync
exec "$@"
"""
ONCALL = """\
people: {{ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/page"}}]}}}}
policies: {{default: {{steps: {{P1: [{{after: 0s, page: ben}}, {{after: 60m, page: ben}}]}}}}}}
schedules:
  default: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}}
"""

Trouble = Callable[[Rig], AbstractContextManager[None]]


def prove(seconds: float = 40.0, names: Sequence[str] = (LOCKED, FULL, READ_ONLY)) -> Figures:
    """Let each trouble of these names last `seconds` (the lock at least 30)."""
    figures = Figures("disks")
    if LOCKED in names:
        _prove(LOCKED, figures, _locked, max(seconds, 30.0))
    if _unshare() is None:
        figures.said("no mounts are permitted here: the full and the read-only file system were left out")
        return figures
    if FULL in names:
        _prove(FULL, figures, _full, seconds, prepare=_small)
    if READ_ONLY in names and _loops():
        _prove(READ_ONLY, figures, _read_only, seconds, prepare=_ext4)
    elif READ_ONLY in names:
        figures.said("no loop device here: the read-only file system was left out")
    return figures


def _prove(
    name: str,
    figures: Figures,
    trouble: Trouble,
    seconds: float,
    prepare: Callable[[Rig], None] = lambda one: None,
) -> None:
    with rig() as one, serving(Partner()) as partner:
        one.served.pack("oncall.yml", ONCALL.format(url=partner.url))
        # The home folder may become another file system: what is written to it is written before.
        one.served.start()
        one.served.kill()
        token, reader = one.token(Role.INGEST), one.token(Role.VIEWER)
        prepare(one)
        load = Load(one.served, token, "Q" + "".join(letter for letter in name if letter.isalpha()))
        with one.started(TOCSIN_HEARTBEAT_URL=f"{partner.url}/alive", TOCSIN_HEARTBEAT_SECONDS="1"):
            load.run(5, 2)
            figures.demand(wait(lambda: partner.asked["alive"] > 1, 60), f"{name}: no sign of life")
            before = set(load.accepted)
            with trouble(one):
                began = time.monotonic()
                load.run(seconds, 1)
                last = max((got.at for got in partner.got if "alive" in got.path), default=began)
                silent_s = time.monotonic() - last
            _judge_trouble(name, figures, load, before, max(last - began, 0.0), silent_s)
            if trouble is _read_only:
                # What the kernel made read-only stays so until it was checked and mounted anew.
                one.served.kill()
                one.served.start()
            _judge_end(name, figures, one, partner, load, reader)


def _judge_trouble(
    name: str, figures: Figures, load: Load, before: set[str], last_s: float, silent_s: float
) -> None:
    inside = len(load.accepted.keys() - before)
    others = {status for status in load.refused.values() if status != 503}
    figures.said(
        f"{name}: {len(load.refused)} answers 503, {inside} answers 200, {load.unanswered} none; last sign "
        f"of life {last_s:.1f} s after the beginning, then silence for {silent_s:.0f} s"
    )
    figures.demand(load.refused, f"{name}: the intake refused nothing")
    figures.demand(not others, f"{name}: refused with {others}")
    figures.demand(load.unanswered == 0, f"{name}: {load.unanswered} without an answer")
    fires_s = last_s + WATCHER_WAITS_S
    figures.demand(silent_s > WATCHER_WAITS_S or last_s < 5, f"{name}: signs of life went on")
    figures.demand(fires_s <= DEAD_MAN_S, f"{name}: the watcher outside fires only after {fires_s:.0f} s")


def _judge_end(name: str, figures: Figures, one: Rig, partner: Partner, load: Load, reader: str) -> None:
    def takes() -> bool:
        count = len(load.accepted)
        load.post()
        return len(load.accepted) > count

    figures.demand(wait(takes, 60), f"{name}: the intake did not recover")
    wait(lambda: load.accepted.keys() <= partner.firsts(b"/page").keys(), 90)
    told = partner.firsts(b"/page")
    lost = load.accepted.keys() - told.keys()
    figures.accepted += len(load.accepted)
    figures.sent += len(told)
    figures.lost += len(lost)
    # The longest is the page of what was accepted while nothing could be written.
    figures.late(max((told[each] - load.posted[each] for each in load.accepted if each in told), default=0))
    keys = [got.key for got in partner.got if "page" in got.path]
    figures.duplicates += len(keys) - len(set(keys))
    figures.demand(not lost, f"{name}: {len(lost)} accepted alerts were not paged: {sorted(lost)[:3]}")
    seen = partner.asked["alive"]
    figures.demand(wait(lambda: partner.asked["alive"] > seen, 90), f"{name}: no sign of life afterwards")
    titles = " ".join(incident["title"] for incident in one.served.incidents(reader))
    missing = [each for each in load.accepted if each not in titles]
    figures.demand(not missing, f"{name}: {len(missing)} accepted alerts have no incident")


@contextmanager
def _locked(one: Rig) -> Iterator[None]:
    with closing(sqlite3.connect(one.served.home / "tocsin.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


_DISKS: dict[Path, SmallDisk] = {}


def _small(one: Rig) -> None:
    options = _unshare()
    assert options is not None
    _DISKS[one.folder] = SmallDisk(one.served, options)


@contextmanager
def _full(one: Rig) -> Iterator[None]:
    with _DISKS[one.folder].full():
        yield


def _loops() -> bool:
    return Path("/dev/loop-control").exists() and all(map(shutil.which, ("mkfs.ext4", "e2fsck", "losetup")))


def _ext4(one: Rig) -> None:
    image, options = one.folder / "disk.img", _unshare()
    assert options is not None
    with image.open("wb") as file:
        file.truncate(128 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    one.served.command = (*options, "sh", "-c", ON_EXT4, str(image), str(one.served.home), *TOCSIN)


@contextmanager
def _read_only(one: Rig) -> Iterator[None]:
    """Let the system meet an error of the disk, upon which it lets nobody write, also not to open files."""
    image = one.folder / "disk.img"
    answer = subprocess.run(["losetup", "-j", str(image)], check=True, capture_output=True, text=True)
    device = answer.stdout.partition(":")[0].rpartition("/")[2]
    Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1")
    yield
