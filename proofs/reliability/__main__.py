"""Calls that outlive what happens to those who make them: `python proofs/reliability [NAME ...]`.

Each proof prints accepted / sent / duplicate / lost / max latency. Ends with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "proofs" / "storms")]

from rig import load_average, show  # noqa: E402 - found by the path above

PROOFS = ("escalation", "race", "durable", "cluster")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=PROOFS, help=f"Of {', '.join(PROOFS)}; all if left out.")
    every = []
    for name in parser.parse_args().names:
        began = time.monotonic()
        figures = importlib.import_module(name).prove()
        figures.said(f"took {time.monotonic() - began:.0f} s; load {load_average()}")
        every.append(figures)
    show(every)
    return 1 if any(figures.faults for figures in every) else 0


if __name__ == "__main__":
    sys.exit(main())
