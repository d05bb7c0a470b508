"""The live path: signals taken in, kept and judged a second of one core; how late an alert is committed."""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from served import Served, served

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BODY_LINES = 10_000
POST_LINES = 100
RUNS = 3
SENDERS = 32
MARKS_A_SECOND = 10
RATES = (1_000, 5_000, 10_000)
LOOK_EVERY_S = 0.002
DRAIN_WITHIN_S = 60.0
MARKED = """\
title: Marked by the bench
id: 5d0cf2a6-0000-4000-8000-00000000be7c
name: bench_mark
logsource: {category: bench}
detection: {selection: {BenchMark|exists: true}, condition: selection}
level: informational
---
title: A mark of the bench
id: 5d0cf2a6-0000-4000-8000-00000000be7d
correlation:
  type: event_count
  rules: [bench_mark]
  group-by: [BenchMark]
  timespan: 1m
  condition: {gte: 1}
level: high
"""
MARKS = "SELECT number, json_extract(labels, '$.BenchMark') FROM store_alert WHERE number > ?"
Figures = dict[str, dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", action="store_true", help="4,000 lines and 5 s at one rate, for CI")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=["intake", "lag"])
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES), help="signals a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--taken", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.taken:
        home, count, size = given.taken
        sys.stdout.buffer.write(orjson.dumps(taken(Path(home), int(count), int(size))))
        return
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        sigma = windows_rules(Path(folder) / "sigma")
        if given.only != "lag":
            figures |= intake(Path(folder), sigma, sample=given.sample)
        if given.only != "intake":
            rates, seconds = ([1_000], 5.0) if given.sample else (given.rates, given.seconds)
            figures |= lags(sigma, rates, seconds)
    if given.json:
        given.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def show(figures: Figures, *names: str) -> None:
    for name in names or figures:
        row = "  ".join(f"{key} {value:,.2f}".replace(".00", "") for key, value in figures[name].items())
        print(f"{name:<34} {row}", flush=True)


# Part one: signals/s of one core.


def intake(folder: Path, sigma: Path, *, sample: bool) -> Figures:
    """Take the same lines in with the shipped packs' rules alone and with all Windows rules of SigmaHQ."""
    figures: Figures = {}
    count = 4_000 if sample else 40_000
    for name, packs in (("shipped packs", None), ("SigmaHQ", sigma)):
        home = folder / name.replace(" ", "-")
        if packs:
            (home / "packs").mkdir(parents=True)
            (home / "packs" / "bench").symlink_to(packs)
        call = [sys.executable, __file__, "--taken", str(home), str(count), str(min(BODY_LINES, count // 2))]
        found = orjson.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout)
        figures |= {f"{name}, {which}": row for which, row in found.items()}
    show(figures)
    return figures


def taken(home: Path, count: int, size: int) -> Figures:
    """Take lines in and judge them, in a process of its own: cold once, then warm, plain and gzip."""
    app, stages = wired(home)
    judging = judge(app, stages)
    stamped = Stamped(otrf(count))
    figures: Figures = {}
    runs = {"cold": 1, "warm": RUNS, "warm, gzip": RUNS}
    begun = datetime.now(UTC) - timedelta(minutes=5)
    for which, times in runs.items():
        rows = []
        for _ in range(times):
            begun += timedelta(seconds=count / 5_000)
            lines = stamped.lines(begun, per_second=5_000)
            bodies = [b"\n".join(lines[at : at + size]) for at in range(0, count, size)]
            floor = cpu_of(lambda lines=lines: decoded(lines))
            packed = [gzip.compress(body, 6) for body in bodies] if "gzip" in which else bodies
            stages.clear()
            cpu, wall = time.process_time(), time.perf_counter()
            for body in packed:
                stages.within("read", app.hearing.signals)(body, "", source="bench", sender="bench")
                while stages.within("judge", judging.round)() == 0.0:
                    pass
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            rows.append(row_of(count, cpu, wall, floor, stages))
        figures[which] = min(rows, key=lambda row: row["us"])
    return figures


def row_of(count: int, cpu: float, wall: float, floor: float, stages: Stages) -> dict[str, float]:
    parts = {f"{name}_us": 1e6 * spent / count for name, spent in sorted(stages.spent.items())}
    return {
        "signals_s_core": count / cpu,
        "ratio_to_orjson": cpu / floor,
        "us": 1e6 * cpu / count,
        "orjson_us": 1e6 * floor / count,
        "wall_us": 1e6 * wall / count,
        **parts,
    }


@dataclass
class Stages:
    """CPU seconds of each stage, without those of the stages inside it."""

    spent: dict[str, float] = field(default_factory=dict)
    _open: list[float] = field(default_factory=list)

    def clear(self) -> None:
        self.spent.clear()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.process_time()
        self._open.append(0.0)
        try:
            yield
        finally:
            took = time.process_time() - begun
            self.spent[name] = self.spent.get(name, 0.0) + took - self._open.pop()
            if self._open:
                self._open[-1] += took

    def within(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            with self.stage(name):
                return work(*args, **named)

        return timed


class Timed:
    """Stands before something; calls of the named methods count as a stage."""

    def __init__(self, inner: object, stages: Stages, **names: str) -> None:
        self._inner = inner
        for method, stage in names.items():
            setattr(self, method, stages.within(stage, getattr(inner, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class TimedStore(Timed):
    """A store whose transactions and readings count."""

    def __init__(self, inner: Any, stages: Stages) -> None:
        super().__init__(inner, stages)
        self._stages = stages

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._stages.stage("commit"), self._inner.transaction() as shelves:
            yield shelves

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._stages.stage("look"), self._inner.reading() as shelves:
            yield shelves


def wired(home: Path) -> tuple[Any, Stages]:
    """Build the application of a home folder. Django can be set up only once, so a process has one."""
    from tocsin.app.settings import load_settings  # noqa: PLC0415
    from tocsin.process.preparing import prepare  # noqa: PLC0415

    settings = load_settings({}, home=home)
    prepare(settings)
    from tocsin.app.wiring import build_app  # noqa: PLC0415

    stages = Stages()
    app = build_app(settings)
    lake = Timed(app.lake, stages, append="append", read="fetch")
    return replace(app, hearing=replace(app.hearing, lake=lake), lake=lake), stages


def judge(app: Any, stages: Stages) -> Any:
    from tocsin.connectors.signals.inbound import signal_of  # noqa: PLC0415
    from tocsin.worker.judging import Judging  # noqa: PLC0415

    plan = Timed(app.plan, stages, sift="sift", weigh="weigh")
    take = Timed(app.take, stages, detected="alerts")
    return Judging(TimedStore(app.store, stages), app.lake, plan, take, app.clock, signal_of)


# Part two: how late an alert is.


def lags(sigma: Path, rates: Sequence[int], seconds: float) -> Figures:
    """Post at each rate to a real server, and measure how late the marked lines' alerts are committed."""
    figures: Figures = {}
    stamped = Stamped(otrf(40_000))
    with served(packs={"bench": sigma}) as server, watching(server.home) as watched:
        Sending(server, stamped, 2_000, "warm").run(40_000 / 2_000 if seconds > 5 else seconds)
        for rate in rates:
            name = f"lag at {rate} signals/s"
            figures[name] = lag(server, watched, Sending(server, stamped, rate, "mark"), seconds)
            show(figures, name)
    return figures


def lag(server: Served, watched: Watched, sending: Sending, seconds: float) -> dict[str, float]:
    cpu, begun = cpu_seconds(server.process.pid), time.monotonic()
    sending.run(seconds)
    ended = time.monotonic()
    cpu = cpu_seconds(server.process.pid) - cpu
    while time.monotonic() < ended + DRAIN_WITHIN_S and not sending.sent.keys() <= watched.seen.keys():
        time.sleep(0.05)
    late = [watched.seen[mark] - at for mark, at in sending.sent.items() if mark in watched.seen]
    half = len(late) // 2
    return {
        "p50_ms": 1000 * percentile(late, 50),
        "p99_ms": 1000 * percentile(late, 99),
        "p50_first_half_ms": 1000 * percentile(late[:half], 50),
        "p50_second_half_ms": 1000 * percentile(late[half:], 50),
        "answer_p50_ms": 1000 * percentile(sending.answers, 50),
        "sent_s": sending.count / (ended - begun),
        "refused": sending.refused,
        "missing": len(sending.sent) - len(late),
        "cores": cpu / (ended - begun),
    }


@dataclass
class Sending:
    """Posts batches of lines at a steady rate from several connections; some batches hold a marked line."""

    server: Served
    stamped: Stamped
    rate: int
    prefix: str
    sent: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    count: int = 0
    refused: int = 0

    def run(self, seconds: float) -> None:
        posts = int(self.rate * seconds / POST_LINES)
        marked = max(1, self.rate // POST_LINES // MARKS_A_SECOND)
        begun = time.monotonic() + 0.1
        senders = [
            threading.Thread(target=self._send, args=(begun, range(first, posts, SENDERS), marked))
            for first in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()

    def _send(self, begun: float, places: Iterable[int], marked: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        headers = {"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/x-ndjson"}
        for place in places:
            time.sleep(max(0.0, begun + place * POST_LINES / self.rate - time.monotonic()))
            lines = self.stamped.batch(place * POST_LINES, POST_LINES, datetime.now(UTC))
            mark = f"{self.prefix}{self.rate}x{place}"
            if place % marked == 0:
                stamp = datetime.now(UTC).isoformat()
                lines.append(
                    b'{"@timestamp":"%b","class":"bench","BenchMark":"%b"}' % (stamp.encode(), mark.encode())
                )
            body = b"\n".join(lines)
            at = time.monotonic()
            connection.request("POST", "/ingest/signals?source=bench", body, headers)
            answer = connection.getresponse()
            answer.read()
            self.answers.append(time.monotonic() - at)
            if answer.status != 200:
                self.refused += 1
                continue
            self.count += len(lines)
            if place % marked == 0:
                self.sent[mark] = at


@dataclass
class Watched:
    """When the alert of each mark was first seen committed (seconds, monotonic)."""

    seen: dict[str, float] = field(default_factory=dict)


@contextmanager
def watching(home: Path) -> Iterator[Watched]:
    """Look into the database from outside, each time that somebody has committed."""
    watched, stop = Watched(), threading.Event()

    def watch() -> None:
        with closing(sqlite3.connect(f"file:{home / 'tocsin.db'}?mode=ro", uri=True)) as database:
            version, last = None, 0
            while not stop.is_set():
                (now,) = database.execute("PRAGMA data_version").fetchone()
                if now == version:
                    time.sleep(LOOK_EVERY_S)
                    continue
                rows = database.execute(
                    "SELECT number, json_extract(labels, '$.BenchMark') FROM store_alert WHERE number > ?",
                    (last,),
                ).fetchall()
                version, at = now, time.monotonic()
                last = max([last, *(number for number, _ in rows)])
                watched.seen.update((mark, at) for _, mark in rows if mark and mark not in watched.seen)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield watched
    finally:
        stop.set()
        thread.join()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used (Linux), 0 where that cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# What is sent, and by which rules it is judged.


class Stamped:
    """Real lines whose own time can be replaced, so that they happen now."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        stamp = re.compile(rb'"@timestamp":"[^"]*"')
        self._parts = [stamp.split(line, maxsplit=1) for line in lines if stamp.search(line)]

    def lines(self, begin: datetime, *, per_second: int) -> list[bytes]:
        """Return all lines, as if so many had happened each second from `begin`."""
        step = timedelta(seconds=1) / per_second
        return [b for n in range(len(self._parts)) for b in self.batch(n, 1, begin + n * step)]

    def batch(self, start: int, count: int, at: datetime) -> list[bytes]:
        """Return some lines, beginning again at the end, that happened at one time."""
        stamp = b'"@timestamp":"%b"' % at.isoformat().encode()
        chosen = (self._parts[place % len(self._parts)] for place in range(start, start + count))
        return [head + stamp + tail for head, tail in chosen]


def windows_rules(folder: Path) -> Path:
    """Unpack SigmaHQ's rules for Windows into a pack, beside our own for the marked lines."""
    rules = folder / "rules"
    with tarfile.open(DATA / "sigmahq.tar.gz") as archive:
        wanted = [
            member
            for member in archive.getmembers()
            if re.match(r"rules(?!-placeholder)[^/]*/", member.name) and member.name.endswith(".yml")
        ]
        archive.extractall(rules, members=wanted, filter="data")
    for path in list(rules.rglob("*.yml")):
        if not re.search(rb"product:\s*windows", path.read_bytes()):
            path.unlink()
    (rules / "marked.yml").write_text(MARKED)
    return folder


def otrf(count: int) -> list[bytes]:
    """Return the 40,000 real Windows events, or an even sample of them."""
    with gzip.open(DATA / "windows-otrf.ndjson.gz") as file:
        lines = file.read().splitlines()
    return lines[:: max(1, len(lines) // count)][:count]


def decoded(lines: Iterable[bytes]) -> None:
    for line in lines:
        orjson.loads(line)


def cpu_of(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else float("nan")


if __name__ == "__main__":
    main()
