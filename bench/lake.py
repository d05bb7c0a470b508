"""The lake: appended and sealed a second, and hunted again, beside plain decoding of the same lines."""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import orjson

from tocsin.app.packs import rule_files_in
from tocsin.app.retro import Past, Retro
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.engine import compile_plan
from tocsin.detection.rules import RuleSet, load
from tocsin.store.lake import SegmentLake, hot, sealing

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PAST = Past(undated=datetime(1970, 1, 1, tzinfo=UTC))
LEVELS = dict.fromkeys(("critical", "high", "medium", "low", "informational"))
FLOOR_LINES = 40_000
RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="NDJSON, plain, .gz or .zst")
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--singles", type=int, default=40, help="how many single rules to take the median of")
    parser.add_argument("--seal-mb", type=int, default=256)
    given = parser.parse_args()
    rules = load((file.path, file.text) for file in rule_files_in(given.rules))
    with tempfile.TemporaryDirectory() as folder:
        lake = SegmentLake(Path(folder) / "lake")
        appended(Path(folder) / "appended", given.file)
        floor = decoding(given.file)
        count = sealed(lake, given.file, given.seal_mb << 20, floor)
        hunted(lake, rules, count, floor)
        singles(lake, rules, given.singles, count, floor)


def appended(folder: Path, file: Path) -> None:
    """Print how fast lines are appended, each batch synced, by the wall's clock."""
    for size in (1, 100, 1000):
        lines = list(islice(lines_of(file), min(size * 400, FLOOR_LINES)))
        batches = [lines[at : at + size] for at in range(0, len(lines), size)]
        begun = time.perf_counter()
        for batch in batches:
            hot.append(folder / str(size), batch)
        took = time.perf_counter() - begun
        print(f"append, {size:>4} a sync      {len(lines) / took:>12,.0f} signals/s")


def decoding(file: Path) -> float:
    """Return how many lines a second of CPU orjson decodes, and print it."""
    lines = list(islice(lines_of(file), FLOOR_LINES))
    floor = len(lines) / best(lambda: [orjson.loads(line) for line in lines])
    print(f"orjson.loads alone        {floor:>12,.0f} signals/s of one core")
    return floor


def sealed(lake: SegmentLake, file: Path, most: int, floor: float) -> int:
    """Append everything, seal it, and print how fast the sealing was; return how many lines there were."""
    count, held, raw, took = 0, 0, 0, 0.0
    lines = lines_of(file)
    while batch := list(islice(lines, 1000)):
        count, held = count + len(batch), held + sum(map(len, batch))
        raw += sum(map(len, batch))
        lake.append("bench", batch)
        if held > most:
            took, held = took + seal(lake), 0
    took += seal(lake) if held else 0.0
    stored = sum(path.stat().st_size for path in lake.root.rglob("*.parquet"))
    rate = count / took
    print(f"seal                      {rate:>12,.0f} signals/s of one core, {rate / floor:.2f} x")
    print(f"                          {raw / stored:>12.0f} x smaller ({stored / count:.0f} bytes a signal)")
    return count


def seal(lake: SegmentLake) -> float:
    ended = hot.roll(lake.root / "bench", date(2026, 11, 21))
    assert ended is not None
    begun = time.process_time()
    sealing.seal(lake.root, "bench", ended, own_time, NOW)
    took = time.process_time() - begun
    hot.drop(ended)
    return took


def hunted(lake: SegmentLake, rules: RuleSet, count: int, floor: float) -> None:
    """Print how fast all rules hunt over what is sealed, first and later."""
    retro = Retro.of(lake, compile_plan(rules, levels=LEVELS), rules, signal_of)
    for name in ("first", "later"):
        took = best(lambda: list(retro.hits(PAST)), runs=1 if name == "first" else RUNS)
        print(f"{len(rules.rules)} rules, {name}        {count / took:>12,.0f} signals/s of one core, "
              f"{count / took / floor:.2f} x")  # fmt: skip
    took = best(lambda: retro.hunt(PAST), runs=1)
    print(f"the same, weighed         {count / took:>12,.0f} signals/s of one core")


def singles(lake: SegmentLake, rules: RuleSet, wanted: int, count: int, floor: float) -> None:
    """Print how fast one rule hunts, of some rules taken at random: when it is new, and once more."""
    random.seed(1)
    first, later = [], []
    for rule in random.sample(rules.rules, min(wanted, len(rules.rules))):
        one = RuleSet(rules=(rule,), correlations=(), problems=(), remarks=())
        retro = Retro.of(lake, compile_plan(one, levels=LEVELS), one, signal_of)
        first.append(count / best(lambda retro=retro: list(retro.hits(PAST)), runs=1))
        later.append(count / best(lambda retro=retro: list(retro.hits(PAST)), runs=2))
    for name, rates in (("first", first), ("later", later)):
        median = statistics.median(rates)
        print(f"one rule, {name}           {median:>12,.0f} signals/s of one core, {median / floor:.1f} x")
        print(f"          slowest         {min(rates):>12,.0f}   fastest {max(rates):,.0f}")


def best(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the least CPU time, in seconds, that some work took."""
    took = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return min(took)


def own_time(line: bytes) -> datetime | None:
    found = signal_of(line, "", 0, PAST.undated).time
    return None if found is PAST.undated else found


def lines_of(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file."""
    if file.suffix == ".zst":
        with subprocess.Popen(["zstd", "-dc", "--long=31", str(file)], stdout=subprocess.PIPE) as unpacking:
            assert unpacking.stdout is not None
            yield from stripped(unpacking.stdout)
        return
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        yield from stripped(opened)


def stripped(lines: Iterable[bytes]) -> Iterator[bytes]:
    return (line.rstrip(b"\n") for line in lines if line.strip())


if __name__ == "__main__":
    main()
