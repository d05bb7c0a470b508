"""Sealing loses nothing and doubles nothing, whenever the process is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.store.lake import SegmentLake, hot, sealing
from tocsin.store.lake.extra import sealed_format
from tocsin.store.lake.manifest import Manifest

from .conftest import NOW, line, time_of

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")


def everything(lake: SegmentLake, source: str = "prod") -> list[tuple[int, bytes]]:
    """Return position and bytes of all that the lake says it holds."""
    contents = lake.contents(source)
    sealed = [
        (position, raw)
        for each in contents.segments
        for _, position, raw in sealed_format().SegmentFile(lake.root / each.path).rows()
    ]
    return sorted(sealed + [pair for _, file in contents.hot for pair in hot.lines(file)])


def test_what_is_sealed_comes_back_by_the_same_positions(lake, sealed) -> None:
    lines = [line(n % 7, word="é" * n) for n in range(50)]
    stop = lake.append("prod", lines)
    before, _ = lake.read("prod", 0, 100)
    assert sealed().rows == 50
    assert lake.append("prod", [b'{"later":1}']) == stop + 12
    after, then = lake.read("prod", 0, 100)
    assert (after, then) == (before, stop)
    assert lake.read("prod", stop, 9) == ((b'{"later":1}',), stop + 12)
    middle = sum(len(each) + 1 for each in lines[:20])
    assert lake.read("prod", middle, 2)[0] == tuple(lines[20:22])
    assert [raw for _, raw in everything(lake)] == [*lines, b'{"later":1}']


def test_records_are_sorted_by_time_and_those_without_one_come_first(lake, sealed) -> None:
    lake.append("prod", [line(1), line(5), b'{"n":0}', line(3)])
    (segment,) = sealed().segments
    rows = list(sealed_format().SegmentFile(lake.root / segment.path).rows())
    assert [json.loads(raw)["n"] for _, _, raw in rows] == [0, 5, 3, 1]
    assert rows[0][0] is None
    assert (segment.undated, segment.rows) == (1, 4)
    assert segment.last_time - segment.first_time == 4 * 60_000_000


def test_a_day_has_a_segment_of_its_own_unless_it_has_few_records(lake, sealed, monkeypatch) -> None:
    monkeypatch.setattr(sealing, "FEWEST_A_DAY", 3)
    lake.append("prod", [line(n * 60) for n in range(24)] + [line(60 * 24 * 3), line(60 * 24 * 4)])
    days = {each.path.split("/")[2]: each.rows for each in sealed().segments}
    assert days == {"2026-11-20": 13, "2026-11-21": 13}


def test_very_many_records_of_a_day_are_cut(lake, sealed, monkeypatch) -> None:
    monkeypatch.setattr(sealing, "MOST_ROWS", 10)
    lake.append("prod", [line(0) for _ in range(25)])
    done = sealed()
    assert [each.rows for each in done.segments] == [10, 10, 5]
    assert Manifest(lake.root).listing().segments == done.segments


def test_a_segment_can_be_read_by_its_owner_only_and_written_by_nobody(lake, sealed) -> None:
    lake.append("prod", [line(1)])
    (segment,) = sealed().segments
    assert (lake.root / segment.path).stat().st_mode & 0o777 == 0o400


CHILD = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{here!r}]
from conftest import NOW, time_of
from tocsin.store.lake import extra, hot, sealing

extra.sealed_format()  # Loaded once, before the forks.
passed = 0

def mortal(call, deadly, after):
    def passing(*words, **named):
        global passed
        passed += 1
        if passed == deadly and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = call(*words, **named)
        if passed == deadly and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return passing

def seal(root, deadly, after):
    for name in ("fsync", "fdatasync", "rename", "unlink", "pwrite", "open", "chmod"):
        setattr(os, name, mortal(getattr(os, name), deadly, after))
    hot.roll(root / "prod", NOW.date())
    for file in hot.hot_files(root / "prod")[:-1]:
        sealing.seal(root, "prod", file, time_of, NOW)
        hot.drop(file)
    print(passed, flush=True)

for root, deadly, after in (words.split("|") for words in sys.argv[1:]):
    child = os.fork()
    if not child:
        seal(Path(root), int(deadly), after == "after")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else "ended")
"""


def _killed(*words: str) -> list[str]:
    script = CHILD.format(here=str(Path(__file__).parent))
    ran = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_a_kill_at_any_call_to_the_disk_loses_and_doubles_nothing(tmp_path) -> None:
    """Every call that changes the disk, or opens a file, is a point to die at; the next start finishes."""
    points, ended = _killed(f"{_filled(tmp_path / 'whole')}|0|before")
    assert ended == "ended"
    assert int(points) >= 25
    # To die after one call is to die before the next.
    deaths = [*(("before", point) for point in range(1, int(points) + 1)), ("after", int(points))]
    roots = [_filled(tmp_path / f"{when}{point}") for when, point in deaths]
    told = _killed(*(f"{root}|{point}|{when}" for root, (when, point) in zip(roots, deaths, strict=True)))
    assert told == ["killed"] * len(deaths)
    for root in roots:
        lake = SegmentLake(root)
        assert everything(lake) == EXPECTED
        stop = lake.append("prod", [b'{"n":99}'])
        _finish(root)
        assert everything(lake) == [*EXPECTED, (stop - 9, b'{"n":99}')]
        assert Manifest(root).faults() == ()


LINES = [line(n) for n in range(40)]
EXPECTED = [(sum(len(each) + 1 for each in LINES[:n]), raw) for n, raw in enumerate(LINES)]


def _filled(root: Path) -> Path:
    SegmentLake(root).append("prod", LINES)
    return root


def _finish(root: Path) -> None:
    """Do what the next start does: end the hot file, seal what is not listed, drop what is."""
    hot.roll(root / "prod", NOW.date())
    for file in hot.hot_files(root / "prod")[:-1]:
        if file.start >= Manifest(root).listing().sealed_to.get("prod", 0):
            sealing.seal(root, "prod", file, time_of, NOW)
        hot.drop(file)
