"""Runs the benches of detection, lake, live path and log and writes docs/performance.md from what they print.

`python bench/report.py [--sample] [--keep FOLDER]`. Answers are kept in FOLDER; what lies there already is
not measured again, so that a page can be finished in several sittings.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
BARS: tuple[tuple[str, str, str, float], ...] = (
    ("warm, beside `orjson.loads` alone", "warm, all rules", "to_orjson", 1.4),
    ("warm, beside `json.loads` alone", "warm, all rules", "to_json", 0.45),
    ("one cold pass over 956,701 events, beside `orjson.loads` alone", "cold, one pass", "to_orjson", 3.2),
)


@dataclass(frozen=True)
class Bench:
    """One bench: what it is about, and its command below this folder."""

    name: str
    about: str
    words: tuple[str, ...]
    sample: tuple[str, ...] = ("--sample",)
    full: tuple[str, ...] = ()


BENCHES = (
    Bench(
        "detection",
        "All SigmaHQ rules that apply, on the shared Windows events and on CloudTrail, beside decoders that "
        "only read the log and SQL that runs rule by rule. CPU time of one core.",
        ("detection.py",),
        full=("--full",),
    ),
    Bench(
        "lake",
        "Appending, sealing, and hunts over sealed segments with SigmaHQ's Windows rules.",
        ("lake.py", "../shared/data/windows-otrf.ndjson.gz", "--rules", "RULES"),
        sample=("--singles", "10"),
    ),
    Bench(
        "live",
        "From a posted body to the committed alert: CPU by stage, and lag at a fixed rate.",
        ("live.py",),
    ),
    Bench(
        "log",
        "Lines put into the log with a commit each, given their place, and the whole log verified.",
        ("log.py",),
        sample=("--seconds", "1", "--entries", "20000"),
    ),
)


def main() -> int:
    """Measure what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", action="store_true", help="small sizes, minutes rather than an hour")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_part(bench, folder, sample=given.sample) for bench in BENCHES]
    PAGE.write_text("\n".join((_head(folder), *parts)), encoding="utf-8")
    print(f"Wrote {PAGE} from {folder}.")
    return 0


def _part(bench: Bench, folder: Path, *, sample: bool) -> str:
    said = folder / f"{bench.name}.txt"
    words = [str(_rules(folder)) if word == "RULES" else word for word in bench.words[1:]]
    command = ["bench/" + bench.words[0], *words, *(bench.sample if sample else bench.full)]
    if not said.exists():
        figures = ["--json", str(folder / f"{bench.name}.json")] if bench.name not in ("lake", "log") else []
        done = subprocess.run(
            [sys.executable, *command, *figures], cwd=HERE.parent, capture_output=True, text=True, check=True
        )
        said.write_text(done.stdout, encoding="utf-8")
    shown = said.read_text(encoding="utf-8").rstrip()
    asked = " ".join(command).replace(str(folder), "FOLDER")
    return f"## {bench.name.capitalize()}\n\n{bench.about}\n\n`{asked}`\n\n```\n{shown}\n```\n"


def _rules(folder: Path) -> Path:
    """Return SigmaHQ's Windows rules, unpacked below the folder."""
    place = folder / "sigmahq"
    if not place.exists():
        with tarfile.open(HERE.parents[1] / "shared" / "data" / "sigmahq.tar.gz") as archive:
            archive.extractall(place, filter="data")
    found = place.rglob("rules/windows")
    return next(path for path in found if "regression_data" not in path.parts)


def _head(folder: Path) -> str:
    figures = folder / "detection.json"
    found: dict[str, Any] = orjson.loads(figures.read_bytes()) if figures.exists() else {}
    rows = [
        f"| {what} | {bar} | {found[row][key]:.2f} |"
        for what, row, key, bar in BARS
        if isinstance(found.get(row), dict) and key in found[row]
    ]
    table = "\n".join(("| Matching all rules | Bar | Measured |", "|---|---|---|", *rows)) if rows else ""
    return (
        "# Performance\n\n"
        f"Made by `python bench/report.py` on {platform.machine()}, Python {platform.python_version()}. Each "
        "figure stands beside a floor or a rival of the same run; machines differ, ratios less so.\n\n"
        f"{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
