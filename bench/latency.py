"""Alert accepted to page delivered: one alert a request, each a new incident, fsynced, at a steady rate."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from urllib.parse import urlsplit

from served import Receiver, Served, served

SENDERS = 8


def measure(rate: int, seconds: float) -> None:
    receiver = Receiver()
    receiver.start()
    with served(receiver) as server:
        post(server, [f"warm{n}" for n in range(20)], rate=50, accepted={})
        accepted: dict[str, float] = {}
        took: list[float] = []
        names = [f"a{rate}x{n}" for n in range(int(rate * seconds))]
        post(server, names, rate=rate, accepted=accepted, took=took)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not all(name in receiver.arrived for name in names):
            time.sleep(0.05)
    lost = [name for name in accepted if name not in receiver.arrived]
    waits = [
        1000 * (receiver.arrived[name] - at) for name, at in accepted.items() if name in receiver.arrived
    ]
    floor = fsync_ms()
    print(
        f"{rate:>4} alerts/s for {seconds:.0f} s: {len(accepted)} accepted, {len(lost)} not delivered; "
        f"answer {shown(took)}; accepted to delivered {shown(waits)}; "
        f"one fsync here {floor:.2f} ms, p50 = {percentile(waits, 50) / floor:.0f} fsyncs"
    )


def post(
    server: Served,
    names: list[str],
    *,
    rate: int,
    accepted: dict[str, float],
    took: list[float] | None = None,
) -> None:
    """Post one alert a name at the rate, from several connections, each on its own schedule."""
    start = time.monotonic() + 0.1

    def send(first: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        for place in range(first, len(names), SENDERS):
            time.sleep(max(0.0, start + place / rate - time.monotonic()))
            name = names[place]
            labels = {"alertname": name, "severity": "critical", "service": "bench"}
            alert = {"labels": labels, "annotations": {"summary": f"Bench alert {name}"}}
            begun = time.monotonic()
            connection.request(
                "POST",
                "/api/v2/alerts",
                json.dumps([alert]),
                {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"},
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                accepted[name] = time.monotonic()
            if took is not None:
                took.append(1000 * (time.monotonic() - begun))

    threads = [threading.Thread(target=send, args=(first,)) for first in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fsync_ms() -> float:
    """Return the median time of a 4 KiB write with fdatasync, in ms."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(200):
            begun = time.perf_counter()
            os.write(file.fileno(), b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else float("nan")


def shown(values: list[float]) -> str:
    return f"p50 {percentile(values, 50):.1f} ms, p99 {percentile(values, 99):.1f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    for one in given.rates:
        measure(one, given.seconds)
