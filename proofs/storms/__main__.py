"""What a bad night does to calling, against a real server: `python proofs/storms [NAME ...] [--short]`.

Each proof prints accepted / sent / duplicate / lost / max latency. Ends with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time

import rig

PROOFS = (
    "receivers",
    "notifiers",
    "disorder",
    "clocks",
    "short_alerts",
    "disks",
    "dead_man",
    "flood",
    "soak",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=PROOFS, help=f"Of {', '.join(PROOFS)}; all when left out."
    )
    chosen = parser.parse_args()
    all_figures = []
    for name in chosen.names:
        began = time.monotonic()
        figures = importlib.import_module(name).prove()
        figures.said(f"took {time.monotonic() - began:.0f} s; load {rig.load_average()}")
        all_figures.append(figures)
    rig.show(all_figures)
    return 1 if any(figures.faults for figures in all_figures) else 0


if __name__ == "__main__":
    sys.exit(main())
