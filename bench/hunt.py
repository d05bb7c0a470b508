"""Signals hunted a second, beside plain decoding of the same bytes: the floor that no hunt can beat."""

from __future__ import annotations

import argparse
import gzip
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tocsin.app.packs import Packs, rule_files_in
from tocsin.connectors.signals.files import read_file
from tocsin.detection.engine import Plan, compile_plan
from tocsin.detection.rules import load
from tocsin.detection.state import WindowState
from tocsin.triage.severities import parse_severities

BATCH = 2000
RUNS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rules", type=Path, required=True)
    given = parser.parse_args()
    severities = Packs(Path.home()).file("severities.yml")
    words = parse_severities(severities.text, severities.path).sources["detection"].words
    rules = load((file.path, file.text) for file in rule_files_in(given.rules))
    begun = time.perf_counter()
    plan = compile_plan(rules, levels=words)
    compiled_s = time.perf_counter() - begun
    opener = gzip.open if given.file.suffix == ".gz" else open
    with opener(given.file, "rb") as file:
        lines = [line for line in file.read().splitlines() if line]
    decode, hunt = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        for line in lines:
            orjson.loads(line)
        decode.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        alerts = hunted(plan, given.file)
        hunt.append(time.perf_counter() - begun)
    floor, whole = statistics.median(decode), statistics.median(hunt)
    print(f"{len(lines)} signals, {len(rules.rules)} rules (compiled in {compiled_s:.2f} s), {alerts} alerts")
    print(f"orjson.loads alone  {len(lines) / floor:>10,.0f} signals/s")
    ratio = f"{whole / floor:.1f} x the time of decoding alone"
    print(f"hunt, from the file {len(lines) / whole:>10,.0f} signals/s = {ratio}")


def hunted(plan: Plan, path: Path) -> int:
    """Hunt one file and return how many alerts came of it."""
    state, batch = WindowState(), []
    for signal in read_file(path, undated=datetime.now(UTC), refuse=lambda line: None):
        batch.append(signal)
        if len(batch) == BATCH:
            state, batch = plan.judge(state, batch).state, []
    return len(plan.finish(plan.judge(state, batch).state).alerts)


if __name__ == "__main__":
    main()
