"""Kill -9 at random instants while signals are judged: the alerts must equal those of an uninterrupted run.

`python proofs/detection_kill.py [KILLS]` (200). A process judges a shuffled lake in small batches and is
killed again and again; each start goes on from what is committed. When a lake is used up before KILLS kills,
another one follows. Ends with 1 when the alerts of a killed run differ from those of an undisturbed one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from killed import alerts_of, filled, judged

SIGNALS = 6_000


def main() -> int:
    """Run the proof and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=200)
    wanted = parser.parse_args().kills
    done = rounds = different = alerts = 0
    while done < wanted:
        with tempfile.TemporaryDirectory() as folder:
            undisturbed, killed = (
                filled(Path(folder) / name, rounds, SIGNALS) for name in ("calm", "killed")
            )
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
