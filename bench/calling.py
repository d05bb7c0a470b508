"""Alerts accepted and people told, beside Alertmanager in the same run, each with one receiver.

Tocsin commits every alert, fsynced, before it answers, and opens incidents; Alertmanager keeps all in memory.
The same alertmanager.yml drives both (one group an alert, no waiting); Tocsin's pages by its own on-call file
are a row of their own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from served import Receiver, free_port, served

SENDERS = 8
BATCH = 64
PATIENCE_S = 120.0
ALERTMANAGER = "prometheus-alertmanager"
ROUTES = """\
route: {{receiver: sink, group_by: [{by}], group_wait: {wait}, group_interval: 5m, repeat_interval: 4h}}
receivers: [{{name: sink, webhook_configs: [{{url: "{url}", send_resolved: false}}]}}]
"""
EACH = {"by": "'...'", "wait": "0s"}
NAMED = {"by": "alertname", "wait": "1s"}


@dataclass
class Sink:
    """Notes when each alert was first told of in a webhook (seconds, monotonic), by its label `n`."""

    arrived: dict[str, float] = field(default_factory=dict)
    url: str = ""

    def start(self) -> None:
        arrived = self.arrived

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                now = time.monotonic()
                for alert in told["alerts"]:
                    arrived.setdefault(alert["labels"]["n"], now)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 512

        server = Server(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{server.server_port}/told"
        threading.Thread(target=server.serve_forever, daemon=True).start()


@dataclass
class Heard:
    """A server that takes alerts, and what it has told whom."""

    url: str
    token: str
    arrived: dict[str, float]

    def post(self, connection: http.client.HTTPConnection, alerts: Sequence[dict[str, object]]) -> int:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request("POST", "/api/v2/alerts", json.dumps(alerts), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def alertmanager(shape: dict[str, str]) -> Iterator[Heard]:
    """Debian's Alertmanager with one webhook receiver."""
    sink = Sink()
    sink.start()
    with tempfile.TemporaryDirectory(prefix="am-") as folder:
        file = Path(folder) / "alertmanager.yml"
        file.write_text(ROUTES.format(url=sink.url, **shape))
        port = free_port()
        program = [
            ALERTMANAGER,
            f"--config.file={file}",
            f"--storage.path={folder}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        process = subprocess.Popen(program, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: is_ready(url), "Alertmanager is ready")
            yield Heard(url, "", sink.arrived)
        finally:
            process.kill()
            process.wait(20)


@contextmanager
def tocsin_notifies(shape: dict[str, str]) -> Iterator[Heard]:
    """Tocsin with the same file."""
    sink = Sink()
    sink.start()
    with tempfile.TemporaryDirectory(prefix="am-") as folder:
        file = Path(folder) / "alertmanager.yml"
        file.write_text(ROUTES.format(url=sink.url, **shape))
        with served(TOCSIN_ALERTMANAGER_FILE=str(file), TOCSIN_PACKS="baseline") as server:
            yield Heard(server.url, server.token, sink.arrived)


@contextmanager
def tocsin_pages(_: dict[str, str]) -> Iterator[Heard]:
    """Tocsin by its own on-call file: each alert opens an incident and pages one person."""
    receiver = Receiver()
    receiver.start()
    with served(receiver, TOCSIN_PACKS="baseline") as server:
        yield Heard(server.url, server.token, receiver.arrived)


def is_ready(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/-/ready", timeout=1)
    except OSError:
        return False
    return True


def wait_until(look: Callable[[], bool], what: str) -> float:
    """Return the time at which it was so; say so if it never was."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if look():
            return time.monotonic()
        time.sleep(0.01)
    print(f"    not within {PATIENCE_S:.0f} s: {what}")
    return time.monotonic()


def alert(name: str, number: str, severity: str = "critical") -> dict[str, object]:
    # Pages are known by the title of their incident, so a page's alert is named by its number alone.
    labels = {"alertname": name, "n": number, "severity": severity, "service": "bench"}
    return {"labels": labels, "annotations": {"summary": number}}


def steadily(server: Heard, rate: int, seconds: float) -> tuple[list[float], list[float], int]:
    """Post one alert a request; return ms from accepted to told, ms to the answer, and how many were not."""
    names = [f"s{n}" for n in range(int(rate * seconds))]
    accepted: dict[str, float] = {}
    took: list[float] = []
    start = time.monotonic() + 0.2

    def send(first: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        for place in range(first, len(names), SENDERS):
            time.sleep(max(0.0, start + place / rate - time.monotonic()))
            begun = time.monotonic()
            if server.post(connection, [alert(names[place], names[place])]) == 200:
                accepted[names[place]] = time.monotonic()
                took.append(1000 * (time.monotonic() - begun))

    together(send)
    wait_until(lambda: all(name in server.arrived for name in accepted), "all were told")
    waits = [1000 * (server.arrived[name] - at) for name, at in accepted.items() if name in server.arrived]
    return waits, took, len(names) - len(waits)


def in_batches(server: Heard, count: int, names: int, severity: str) -> tuple[float, float, int]:
    """Post alerts by 64 as fast as they are taken; return seconds to the last answer and the last told."""
    alerts = [alert(f"b{n % names}", f"b{n}", severity) for n in range(count)]
    bodies = [alerts[at : at + BATCH] for at in range(0, count, BATCH)]
    refused = []
    begun = time.monotonic()

    def send(first: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=120)
        for body in bodies[first::SENDERS]:
            if server.post(connection, body) != 200:
                refused.append(body)

    together(send)
    answered = time.monotonic() - begun
    wanted = [str(each["labels"]["n"]) for each in alerts]  # type: ignore[index]
    told = wait_until(lambda: all(name in server.arrived for name in wanted), "all were told") - begun
    return answered, told, len(refused)


def burst(server: Heard, count: int) -> tuple[float, float]:
    """Post alerts of 20 names, and a P1 meanwhile; return ms until it was paged, and seconds to the end."""
    alerts = [alert(f"b{n % 20}", f"b{n}", "warning") for n in range(count)]
    bodies = [alerts[at : at + BATCH] for at in range(0, count, BATCH)]
    waited: list[float] = []
    begun = time.monotonic()

    def page() -> None:
        time.sleep(1.0)
        asked = time.monotonic()
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=120)
        server.post(connection, [alert("vital", "vital", "critical")])
        waited.append(1000 * (wait_until(lambda: "vital" in server.arrived, "the P1 was paged") - asked))

    def send(first: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=120)
        for body in bodies[first::SENDERS]:
            server.post(connection, body)

    vital = threading.Thread(target=page)
    vital.start()
    together(send)
    ended = time.monotonic() - begun
    vital.join()
    return waited[0], ended


def together(send: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=send, args=(first,)) for first in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def percentiles(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "nothing measured"
    hundredths = statistics.quantiles(values, n=100)
    return f"p50 {hundredths[49]:6.1f} ms, p99 {hundredths[98]:7.1f} ms"


def fsync_ms() -> float:
    """Return the median time of a 4 KiB write with fdatasync, in ms."""
    with tempfile.NamedTemporaryFile(dir=".") as file:
        times = []
        for _ in range(100):
            begun = time.perf_counter()
            os.write(file.fileno(), b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--count", type=int, default=20_000)
    chosen = parser.parse_args()
    rivals = {
        "Alertmanager, webhook": alertmanager,
        "Tocsin, webhook": tocsin_notifies,
        "Tocsin, pages": tocsin_pages,
    }
    print(f"one fsync here: {fsync_ms():.2f} ms; load {os.getloadavg()[0]:.1f}")
    print("One alert a request, 200/s: from accepted to told; time to the answer")
    for name, rival in rivals.items():
        with rival(EACH) as server:
            steadily(server, 50, 1)
            waits, took, missing = steadily(server, 200, chosen.seconds)
            print(f"  {name:<22} {percentiles(waits)}; answer {percentiles(took)}; not told {missing}")
    print(f"{chosen.count} alerts in batches of {BATCH}, by {SENDERS} senders")
    for name, rival in list(rivals.items())[:2]:
        for shape, names in ((EACH, 20), (NAMED, 20)):
            with rival(shape) as server:
                answered, told, refused = in_batches(server, chosen.count, names, "warning")
                how = "one group each" if shape is EACH else "20 groups"
                print(
                    f"  {name:<22} {how:<14} {chosen.count / answered:8.0f} accepted/s,"
                    f" all told after {told:5.1f} s, refused {refused}"
                )
    print(f"A burst of {chosen.count} with a P1 in it")
    with tocsin_pages({}) as server:
        waited, ended = burst(server, chosen.count)
        print(f"  Tocsin, pages: all accounted for in {ended:.1f} s, the P1 paged after {waited:.0f} ms")


if __name__ == "__main__":
    main()
