"""What the proofs of storms share: a server of their own, alerts at a steady pace, figures, the verdict."""

from __future__ import annotations

import itertools
import math
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "faults"))

from receiver import SECRET
from served import Served, bearer
from tocsin.domain.person import Role

BASE = {"TOCSIN_WEBHOOK_SECRETS": SECRET}


@dataclass
class Figures:
    """What one proof came to. `faults` are broken promises; without any it is good. Times are seconds."""

    name: str
    accepted: int = 0
    sent: int = 0
    duplicates: int = 0
    lost: int = 0
    slowest_s: float = 0.0
    remarks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def demand(self, truth: object, promise: str) -> None:
        """Write down a promise that was not kept."""
        if not truth:
            self.faults.append(promise)

    def said(self, remark: str) -> None:
        self.remarks.append(remark)
        print(f"  {self.name}: {remark}", file=sys.stderr, flush=True)

    def late(self, seconds: float) -> None:
        self.slowest_s = max(self.slowest_s, seconds)


@dataclass
class Rig:
    """A server on a home folder of its own. What it is given is in `served.settings` and its pack."""

    served: Served
    folder: Path

    @contextmanager
    def started(self, **settings: str) -> Iterator[Rig]:
        self.served.settings |= settings
        try:
            self.served.start()
            yield self
        finally:
            self.served.kill()

    def token(self, role: Role) -> str:
        return self.served.token(role)

    def replay_all(self) -> list[str]:
        """Replay every dead letter as a commander and return their keys."""
        answer = self.served.post("/api/v1/deliveries/replay", self.token(Role.COMMANDER), json={"all": True})
        assert answer.status_code == 200, answer.text
        keys: list[str] = answer.json()["keys"]
        return keys


@contextmanager
def rig() -> Iterator[Rig]:
    """Make an empty home folder; the server is not started yet."""
    with tempfile.TemporaryDirectory(prefix="tocsin-storm-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        served = Served(home, settings=dict(BASE))
        try:
            yield Rig(served, Path(folder))
        finally:
            served.kill()


@dataclass
class Load:
    """Alerts of its own names, posted one a request at a steady pace; `posted` and `accepted` are by name."""

    served: Served
    token: str
    prefix: str
    labels: Mapping[str, str] = field(default_factory=lambda: {"severity": "critical"})
    posted: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, **more: str) -> str:
        """Post one alert and return its name."""
        name = f"{self.prefix}{next(self._numbers)}"
        labels = {"alertname": name, **self.labels, **more}
        alert = [{"labels": labels, "annotations": {"summary": f"{name} fires"}}]
        with self._lock:
            self.posted[name] = time.monotonic()
        url = f"{self.served.url}/api/v2/alerts"
        try:
            answer = httpx.post(url, json=alert, headers=bearer(self.token), timeout=30)
        except httpx.TransportError:
            self.unanswered += 1
            return name
        with self._lock:
            if answer.status_code == 200:
                self.accepted[name] = time.monotonic()
            else:
                self.refused[name] = answer.status_code
        return name

    def run(self, seconds: float, a_second: float) -> Load:
        """Post at a pace that does not wait for answers."""
        threads, begin = [], time.monotonic()
        for number in range(round(seconds * a_second)):
            time.sleep(max(begin + number / a_second - time.monotonic(), 0))
            threads.append(threading.Thread(target=self.post))
            threads[-1].start()
        for thread in threads:
            thread.join()
        return self


def together(*works: Callable[[], Any]) -> None:
    """Do several things at once and wait for all."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait(look: Callable[[], object], within_s: float) -> bool:
    """Look again and again until something is true; say whether that came in time."""
    deadline = time.monotonic() + within_s
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share (0 to 1) of the values lies; 0 without values."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else 0.0


def load_average() -> str:
    return Path("/proc/loadavg").read_text().split()[0]


def show(all_figures: Sequence[Figures]) -> None:
    """Print the table, then every remark and broken promise."""
    head = ("proof", "accepted", "sent", "duplicate", "lost", "max latency s", "")
    print(("| {} " * len(head) + "|").format(*head))
    print("|---" * len(head) + "|")
    for one in all_figures:
        verdict = "BAD" if one.faults else "good"
        cells = (one.name, one.accepted, one.sent, one.duplicates, one.lost, f"{one.slowest_s:.1f}", verdict)
        print(("| {} " * len(cells) + "|").format(*cells))
    for one in all_figures:
        for remark in one.remarks:
            print(f"{one.name}: {remark}")
        for fault in one.faults:
            print(f"{one.name}: BROKEN: {fault}")
