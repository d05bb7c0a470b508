"""Kill -9 at random instants while signals are judged: the alerts must equal those of an uninterrupted run.

`python proofs/detection_kill.py [KILLS]` (200). A process judges a shuffled lake in small batches and is
killed again and again; each start goes on from what is committed. When a lake is used up before KILLS kills,
another one follows. Ends with 1 when the alerts of a killed run differ from those of an undisturbed one.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import mortal_judge
from tocsin.store.lake import SegmentLake

SIGNALS = 6_000
BATCH = 20
DISORDER_S = 20.0
LONGEST_LIFE_S = 0.12
PATIENCE_S = 120.0


def signals(seed: int) -> Iterator[bytes]:
    """Yield records of twenty users, out of order by at most `DISORDER_S`."""
    chance = random.Random(seed)
    drawn = []
    for number in range(SIGNALS):
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


def filled(home: Path, seed: int) -> Path:
    """Return a home folder whose lake holds the signals of a seed."""
    SegmentLake(home / "lake").append("idp", list(signals(seed)))
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


def main() -> int:
    """Run the proof and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=200)
    wanted = parser.parse_args().kills
    done = rounds = different = alerts = 0
    while done < wanted:
        with tempfile.TemporaryDirectory() as folder:
            undisturbed, killed = (filled(Path(folder) / name, rounds) for name in ("calm", "killed"))
            judged(undisturbed, None, 0)
            done += judged(killed, random.Random(rounds), wanted - done)
            expected = alerts_of(undisturbed)
            different += alerts_of(killed) != expected
            alerts += len(orjson.loads(expected))
            rounds += 1
        print(
            f"{done} kills, {rounds} lakes, {alerts} alerts, {different} lakes with other alerts", flush=True
        )
    return 1 if different or not alerts else 0


if __name__ == "__main__":
    sys.exit(main())
