"""The live path: signals taken in, kept and judged a second of one core; how late an alert is committed."""

from __future__ import annotations

import argparse
import http.client
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from windows_lines import Stamped, otrf, windows_rules

from served import Served, served

TAKING = Path(__file__).with_name("taking.py")
BODY_LINES = 10_000
POST_LINES = 100
SENDERS = 32
MARKS_A_SECOND = 10
RATES = (1_000, 5_000, 10_000)
LOOK_EVERY_S = 0.002
DRAIN_WITHIN_S = 60.0
MARKS = "SELECT number, json_extract(labels, '$.BenchMark') FROM store_alert WHERE number > ?"
Figures = dict[str, dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", action="store_true", help="4,000 lines and 5 s at one rate, for CI")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=["intake", "lag"])
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES), help="signals a second")
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        sigma = windows_rules(Path(folder) / "sigma")
        if given.only != "lag":
            figures |= intake(Path(folder), sigma, sample=given.sample)
        if given.only != "intake":
            rates, seconds = ([1_000], 5.0) if given.sample else (given.rates, given.seconds)
            figures |= lags(sigma, rates, seconds, sample=given.sample)
    if given.json:
        given.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def show(figures: Figures, *names: str) -> None:
    for name in names or figures:
        row = "  ".join(f"{key} {value:,.2f}".replace(".00", "") for key, value in figures[name].items())
        print(f"{name:<34} {row}", flush=True)


def intake(folder: Path, sigma: Path, *, sample: bool) -> Figures:
    """Take the same lines in with the shipped packs' rules alone and with all Windows rules of SigmaHQ."""
    figures: Figures = {}
    count = 4_000 if sample else 40_000
    for name, packs in (("shipped packs", None), ("SigmaHQ", sigma)):
        home = folder / name.replace(" ", "-")
        if packs:
            (home / "packs").mkdir(parents=True)
            (home / "packs" / "bench").symlink_to(packs)
        call = [sys.executable, str(TAKING), str(home), str(count), str(min(BODY_LINES, count // 2))]
        found = orjson.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout)
        figures |= {f"{name}, {which}": row for which, row in found.items()}
    show(figures)
    return figures


def lags(sigma: Path, rates: Sequence[int], seconds: float, *, sample: bool) -> Figures:
    """Post at each rate to a real server, and measure how late the marked lines' alerts are committed."""
    figures: Figures = {}
    count = 4_000 if sample else 40_000
    stamped = Stamped(otrf(count))
    with served(packs={"bench": sigma}) as server, watching(server.home) as watched:
        warming = Sending(server, stamped, 2_000, "warm")
        warming.run(count / 2_000)
        wait_for(watched, warming)
        for rate in rates:
            name = f"lag at {rate} signals/s"
            figures[name] = lag(server, watched, Sending(server, stamped, rate, "mark"), seconds)
            show(figures, name)
    return figures


def wait_for(watched: Watched, sending: Sending) -> None:
    deadline = time.monotonic() + DRAIN_WITHIN_S
    while time.monotonic() < deadline and not sending.sent.keys() <= watched.seen.keys():
        time.sleep(0.05)


def lag(server: Served, watched: Watched, sending: Sending, seconds: float) -> dict[str, float]:
    cpu, begun = cpu_seconds(server.process.pid), time.monotonic()
    sending.run(seconds)
    ended = time.monotonic()
    cpu = cpu_seconds(server.process.pid) - cpu
    wait_for(watched, sending)
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


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else float("nan")


if __name__ == "__main__":
    main()
