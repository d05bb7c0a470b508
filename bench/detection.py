"""All SigmaHQ rules on one core, beside decoders that only read the log and SQL that runs rule by rule."""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import load
from tocsin.detection.sigma.rule import Rule

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
BATCH = 1000
PAIRS = 5
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--sample", action="store_true", help="4,000 events, for CI")
    size.add_argument("--full", action="store_true", help="all 956,701 events, and every tenth block warm")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        print(peak_memory(given.memory))
        return
    figures = measured(full=given.full, sample=given.sample)
    for name, row in figures.items():
        print(f"{name:<28} " + "  ".join(f"{key} {shown(value)}" for key, value in row.items()))
    if given.json:
        given.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def measured(*, full: bool, sample: bool) -> Figures:
    figures: Figures = {}
    cpu = time.process_time()
    rules = sigmahq()
    figures["rules loaded, cold"] = {"rules": len(rules), "cpu_s": time.process_time() - cpu}
    windows = [rule for rule in rules if rule.logsource.product in ("windows", "")]
    lines = tenth() if full else otrf(4_000 if sample else 40_000)
    figures |= starts(windows, lines[:1])
    figures["warm, all rules"] = beside(windows, lines)
    if full:
        figures["cold, one pass"] = one_pass(windows)
    figures |= by_rules(windows, lines)
    figures |= by_batch(windows, lines)
    figures["CloudTrail, warm"] = beside(
        [rule for rule in rules if rule.logsource.product == "aws"],
        cloudtrail(100_000 if full else 20_000 if not sample else 2_000),
    )
    hostile = hostile_lines(100_000 if full else 10_000 if not sample else 1_000)
    figures["every command line new"] = cold(windows, hostile)
    sql = sql_per_event(windows, lines[:: max(1, len(lines) // 1000)], every=20 if not sample else 100)
    sql_hostile = sql_per_event(windows, hostile[:500], every=20 if not sample else 100)
    figures["SQL rule by rule, SQLite"] = {
        **sql,
        "ratio": sql["us"] / figures["warm, all rules"]["us"],
        "hostile_us": sql_hostile["us"],
        "hostile_ratio": sql_hostile["us"] / figures["every command line new"]["us"],
    }
    for kind, source in (("windows", lines[:40_000]), ("hostile", hostile)):
        figures[f"peak memory, {kind}"] = {"events": len(source), "MB": memory_of(windows, source)}
    return figures


def sigmahq() -> tuple[Rule, ...]:
    with tempfile.TemporaryDirectory() as folder, tarfile.open(DATA / "sigmahq.tar.gz") as archive:
        archive.extractall(folder, filter="data")
        paths = sorted(
            path for found in sorted(Path(folder).glob("rules*")) for path in sorted(found.rglob("*.yml"))
        )
        return load((path.as_posix(), path.read_text("utf-8")) for path in paths).rules


def otrf(count: int) -> list[bytes]:
    """Return the 40,000 real Windows events, or an even sample of them."""
    with gzip.open(DATA / "windows-otrf.ndjson.gz") as file:
        lines = file.read().splitlines()
    return lines[:: max(1, len(lines) // count)][:count]


def blocks() -> Iterator[list[bytes]]:
    """Yield all 956,701 events in batches."""
    # Not at the top, so that memory is measured without it.
    import pyarrow as pa  # noqa: PLC0415

    rest, kept = b"", []
    with pa.input_stream(str(DATA / "windows-otrf-full.ndjson.zst"), compression="zstd") as stream:
        while piece := stream.read(1 << 22):
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            kept += lines
            while len(kept) >= BATCH:
                yield kept[:BATCH]
                del kept[:BATCH]
    yield [line for line in [*kept, rest] if line]


def tenth() -> list[bytes]:
    return [line for place, block in enumerate(blocks()) if place % 10 == 0 for line in block]


def cloudtrail(count: int) -> list[bytes]:
    """Return real CloudTrail events with new times, ids, users and addresses."""
    chance = random.Random(7)
    with gzip.open(DATA / "cloudtrail-invictus.ndjson.gz") as file:
        real = [orjson.loads(line) for line in file.read().splitlines()]
    lines = []
    for number in range(count):
        event = dict(chance.choice(real))
        user = f"user{chance.randrange(400)}"
        event["eventTime"] = f"2026-03-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:00Z"
        event["eventID"], event["requestID"] = (f"{chance.getrandbits(128):032x}" for _ in range(2))
        event["sourceIPAddress"] = f"10.{chance.randrange(12)}.0.{chance.randrange(250)}"
        if isinstance(event.get("userIdentity"), dict):
            event["userIdentity"] = {**event["userIdentity"], "userName": user}
        lines.append(orjson.dumps(event))
    return lines


HOSTILE = ("CommandLine", "ParentCommandLine", "Hashes", "CurrentDirectory", "ProcessGuid", "LogonGuid")


def hostile_lines(count: int) -> list[bytes]:
    """Return process creations of which every text that a person or attacker chooses is new."""
    chance = random.Random(11)
    real = [
        event
        for event in map(orjson.loads, otrf(40_000))
        if str(event.get("EventID")) == "1" and "CommandLine" in event
    ]
    words = [word for event in real for word in str(event["CommandLine"]).split(" ")]
    lines = []
    for number in range(count):
        event = dict(chance.choice(real))
        for field in HOSTILE:
            if isinstance(event.get(field), str):
                event[field] = f"{event[field]} {chance.choice(words)} {chance.choice(words)} {number:x}"
        lines.append(orjson.dumps(event))
    return lines


def cpu_of(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def sifted(matcher: Matcher, lines: Sequence[bytes], batch: int = BATCH) -> int:
    return sum(len(matcher.sift(lines[start : start + batch])) for start in range(0, len(lines), batch))


def decoded(decode: Callable[[bytes], object], lines: Sequence[bytes]) -> None:
    for line in lines:
        decode(line)


def ready(rules: Sequence[Rule]) -> Matcher:
    matcher = Matcher(rules)
    matcher.prepare()
    return matcher


def warm(rules: Sequence[Rule], lines: Sequence[bytes]) -> Matcher:
    matcher = ready(rules)
    for _ in range(max(4, 120_000 // len(lines))):
        sifted(matcher, lines)
    return matcher


def beside(rules: Sequence[Rule], lines: Sequence[bytes]) -> Figures:
    """Return medians over runs that alternate with the decoders."""
    matcher = warm(rules, lines)
    taken, to_orjson, to_json = [], [], []
    for _ in range(PAIRS):
        floor = cpu_of(lambda: decoded(orjson.loads, lines))
        ours = cpu_of(lambda: sifted(matcher, lines))
        slow = cpu_of(lambda: decoded(json.loads, lines[::5])) * len(lines) / len(lines[::5])
        taken.append(ours)
        to_orjson.append(ours / floor)
        to_json.append(ours / slow)
    spent = statistics.median(taken)
    return {
        "rules": len(rules),
        "events": len(lines),
        "events/s": len(lines) / spent,
        "MB/s": sum(map(len, lines)) / spent / 1e6,
        "us": spent / len(lines) * 1e6,
        "to_orjson": statistics.median(to_orjson),
        "to_json": statistics.median(to_json),
    }


def cold(rules: Sequence[Rule], lines: Sequence[bytes]) -> Figures:
    matcher = ready(rules)
    spent = cpu_of(lambda: sifted(matcher, lines))
    return {
        "events": len(lines),
        "events/s": len(lines) / spent,
        "us": spent / len(lines) * 1e6,
        "fired": sifted(matcher, lines[:1000]) / len(lines[:1000]),
    }


def one_pass(rules: Sequence[Rule]) -> Figures:
    """Return the figures of one pass over events none of which was seen before."""
    matcher = ready(rules)
    ours = floor = events = size = 0.0
    for block in blocks():
        floor += cpu_of(lambda block=block: decoded(orjson.loads, block))
        ours += cpu_of(lambda block=block: matcher.sift(block))
        events += len(block)
        size += sum(map(len, block))
    return {
        "events": int(events),
        "events/s": events / ours,
        "MB/s": size / ours / 1e6,
        "us": ours / events * 1e6,
        "to_orjson": ours / floor,
    }


class Shelf:
    """Pattern databases in memory, as the store keeps them on disk."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def keep(self, key: str, content: bytes) -> None:
        self.kept[key] = content


def starts(rules: Sequence[Rule], lines: Sequence[bytes]) -> Figures:
    shelf = Shelf()
    found: Figures = {}
    for name in ("matcher's start, cold", "matcher's start, cached"):
        begun = time.process_time()
        matcher = Matcher(rules, patterns=shelf)
        matcher.prepare()
        matcher.sift(lines)
        found[name] = {"cpu_s": time.process_time() - begun}
    found["matcher's start, cached"]["MB"] = sum(map(len, shelf.kept.values())) / 1e6
    return found


def by_rules(rules: Sequence[Rule], lines: Sequence[bytes]) -> Figures:
    chance = random.Random(3)
    shuffled = chance.sample(list(rules), len(rules))
    found: Figures = {}
    for count in (100, 500, 1000, len(rules)):
        matcher = warm(shuffled[:count], lines)
        spent = statistics.median(cpu_of(lambda matcher=matcher: sifted(matcher, lines)) for _ in range(3))
        found[f"with {count} rules"] = {"events/s": len(lines) / spent, "us": spent / len(lines) * 1e6}
    least = found["with 100 rules"]["us"]
    for row in found.values():
        row["to_100_rules"] = row["us"] / least
    return found


def by_batch(rules: Sequence[Rule], lines: Sequence[bytes]) -> Figures:
    matcher = warm(rules, lines)
    found: Figures = {}
    for batch in (1, 100, 1000, 10_000):
        spent = statistics.median(cpu_of(lambda batch=batch: sifted(matcher, lines, batch)) for _ in range(3))
        waits = []
        for start in range(0, len(lines), batch):
            part = lines[start : start + batch]
            begun = time.perf_counter_ns()
            matcher.sift(part)
            waits.append((time.perf_counter_ns() - begun) / 1000)
        waits.sort()
        found[f"batches of {batch}"] = {
            "events/s": len(lines) / spent,
            "p50_us": waits[len(waits) // 2],
            "p99_us": waits[int(len(waits) * 0.99)],
        }
    rate = found["batches of 1000"]["events/s"]
    for row in found.values():
        row["to_1000"] = row["events/s"] / rate
    return found


def sql_per_event(rules: Sequence[Rule], lines: Sequence[bytes], *, every: int) -> Figures:
    """Return what all rules cost as SQL, from every so-manieth rule on some events."""
    from sigma.backends.sqlite import sqliteBackend  # noqa: PLC0415
    from sigma.collection import SigmaCollection  # noqa: PLC0415

    chosen = {rule.header.path.split("/rules", 1)[1] for rule in rules[::every]}
    statements: list[str] = []
    with tempfile.TemporaryDirectory() as folder, tarfile.open(DATA / "sigmahq.tar.gz") as archive:
        archive.extractall(folder, filter="data")
        for path in sorted(Path(folder).rglob("*.yml")):
            if path.as_posix().partition("/rules")[2] in chosen:
                statements += converted(sqliteBackend(), SigmaCollection, path)
    events = [orjson.loads(line) for line in lines]
    # To SQLite `ProcessId` and `ProcessID` are one column.
    names = list({name.lower(): name for event in events for name in event}.values())
    table = sqlite3.connect(":memory:")
    table.create_function("regexp", 2, searched, deterministic=True)
    columns = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in names)
    table.execute(f"CREATE TABLE logs ({columns})")
    marks = ",".join("?" * len(names))
    rows = ([text(event.get(name)) for name in names] for event in events)
    table.executemany(f"INSERT INTO logs VALUES ({marks})", rows)
    spent, asked = 0.0, 0
    for statement in statements:
        if has_columns_of(table, statement):
            spent += cpu_of(lambda statement=statement: table.execute(statement).fetchall())
            asked += 1
    per_event = spent / max(1, asked) * len(rules) / len(events) * 1e6
    return {"rules_run": asked, "events": len(events), "us": per_event, "events/s": 1e6 / per_event}


def searched(pattern: str, value: object) -> bool:
    """Answer SQLite's REGEXP. Python remembers its 512 last patterns, and there are fewer."""
    return value is not None and re.search(pattern, str(value)) is not None


def has_columns_of(table: sqlite3.Connection, statement: str) -> bool:
    """Add the columns that a rule asks about and no event has; say whether it is SQL after all."""
    while True:
        try:
            table.execute(f"EXPLAIN {statement}")
        except sqlite3.OperationalError as error:
            _, missing, name = str(error).partition("no such column: ")
            if not missing:
                return False
            table.execute(f'ALTER TABLE logs ADD COLUMN "{name}" TEXT COLLATE NOCASE')
        else:
            return True


def converted(backend: Any, collection: Any, path: Path) -> list[str]:
    from sigma.exceptions import SigmaError  # noqa: PLC0415

    try:
        found = backend.convert(collection.from_yaml(path.read_text("utf-8")))
    except (SigmaError, NotImplementedError):
        return []
    return [each.replace("<TABLE_NAME>", "logs") for each in found if isinstance(each, str)]


def text(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()


def memory_of(rules: Sequence[Rule], lines: Sequence[bytes]) -> float:
    """Return the most memory that a process held, in MB, with the rules and streamed lines only."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules").write_bytes(pickle.dumps(rules))
        with Path(folder, "lines").open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        done = subprocess.run(
            [sys.executable, __file__, "--memory", folder], capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def peak_memory(folder: Path) -> float:
    matcher = ready(pickle.loads((folder / "rules").read_bytes()))
    with (folder / "lines").open("rb") as file:
        while batch := [line.rstrip(b"\n") for _, line in zip(range(BATCH), file, strict=False)]:
            matcher.sift(batch)
    # Unlike what `getrusage` says, this knows nothing of the process that started this one.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return round(int(found[1]) / 1024) if found else 0.0


def shown(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    main()
