"""Kills a judge again and again and lets it go on, for tests and for the proof of `detection_kill`."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson

import mortal_judge
from tocsin.store.lake import SegmentLake

BATCH = 20
DISORDER_S = 20.0
LONGEST_LIFE_S = 0.12
PATIENCE_S = 120.0


def signals(seed: int, count: int) -> Iterator[bytes]:
    """Yield records of twenty users, out of order by at most `DISORDER_S`."""
    chance = random.Random(seed)
    drawn = []
    for number in range(count):
        at = number * 0.5
        record = {
            "class": "authentication",
            "time": (mortal_judge.BEGIN + timedelta(seconds=at)).isoformat(),
            "user": f"user{min(int(chance.expovariate(0.3)), 19)}",
            "ip": f"192.0.2.{chance.randrange(6)}",
            "outcome": chance.choices(["failure", "success", "export"], [6, 3, 1])[0],
            "bytes": chance.randrange(3_000),
            "n": number,
        }
        drawn.append((at + chance.random() * DISORDER_S, record))
    for _, record in sorted(drawn, key=lambda each: each[0]):
        yield orjson.dumps(record)


def filled(home: Path, seed: int, count: int) -> Path:
    """Return a home folder whose lake holds the signals of a seed."""
    SegmentLake(home / "lake").append("idp", list(signals(seed, count)))
    return home


def started(home: Path) -> subprocess.Popen[bytes]:
    """Start a judge and wait until it begins to judge."""
    program = [sys.executable, mortal_judge.__file__, str(home), str(BATCH)]
    judge = subprocess.Popen(program, stdout=subprocess.PIPE)
    assert judge.stdout is not None
    judge.stdout.readline()
    return judge


def judged(home: Path, chance: random.Random | None, most: int) -> int:
    """Judge a home to its end, killing the judge at random instants; return how often it was killed."""
    kills = 0
    while True:
        judge = started(home)
        if chance is not None and kills < most:
            time.sleep(chance.random() * LONGEST_LIFE_S)
            judge.kill()
        if judge.wait(PATIENCE_S) == 0:
            return kills
        if judge.returncode != -9:
            raise SystemExit(f"The judge ended with {judge.returncode}.")
        kills += 1


def alerts_of(home: Path) -> bytes:
    """Return the alerts of a home, asked of a process of their own."""
    return subprocess.run(
        [sys.executable, mortal_judge.__file__, str(home), "alerts"], check=True, capture_output=True
    ).stdout
