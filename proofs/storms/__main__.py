"""What a bad night does to calling, against a real server: `python proofs/storms [NAME ...] [--short]`.

Each proof prints accepted / sent / duplicate / lost / max latency. Ends with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Mapping
from typing import Any

import rig

SHORT: Mapping[str, Mapping[str, Any]] = {
    "receivers": {"seconds": 2.0, "kinds": ("r500", "tls", "r401")},
    "notifiers": {"seconds": 3.0},
    "disorder": {"each": 3},
    "clocks": {"names": ("two hours ahead",), "step_s": 4.0},
    "short_alerts": {"each": 2},
    "disks": {"seconds": 5.0, "names": ("read-only file system",)},
    "dead_man": {"is_late_too": False},
    "flood": {"count": 1_000, "p1s": 3},
    "soak": {"seconds": 8.0, "a_second": 10.0, "between_kills_s": 4.0},
}
"""How each is run by the tests, in seconds rather than minutes; without `--short` each has its own."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"Of {', '.join(SHORT)}; all when left out.")
    parser.add_argument("--short", action="store_true", help="Seconds instead of minutes, as the tests do.")
    chosen = parser.parse_args()
    all_figures = []
    for name in chosen.names or SHORT:
        began = time.monotonic()
        figures = importlib.import_module(name).prove(**(SHORT[name] if chosen.short else {}))
        figures.said(f"took {time.monotonic() - began:.0f} s; load {rig.load_average()}")
        all_figures.append(figures)
    rig.show(all_figures)
    return 1 if any(figures.faults for figures in all_figures) else 0


if __name__ == "__main__":
    sys.exit(main())
