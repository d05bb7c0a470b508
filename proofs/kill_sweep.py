"""Kill -9 under load, at named points, many times: what was lost, what came twice, when the first page came.

`python proofs/kill_sweep.py [TRIALS] [--database-url URL] [--minutes N]`: TRIALS (20) at each point. A server
is killed and started again and again on one home folder, while alerts are posted; an alert counts once it was
answered 200. A receiver checks the signature of every page and counts it by its `webhook-id`.
Ends with 1 when an accepted alert was not paged, when a page was repeated with another key or more than
once, or when the first page came later than 10 s after the kill.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import mortal
from receiver import SECRET, Posted, Receiver, receiving
from served import Served, bearer
from tocsin.domain.person import Role

LEASE_S = 2
LOAD_PAUSE_S = 0.02
SENDERS = 4
LULL_S = 1.0
PATIENCE_S = 30.0
PAGE_BAR_S = 10.0
ONCALL = """\
people:
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/ben"}}]}}
schedule: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}}
escalation: {{P1: [{{after: 0m, page: primary}}, {{after: 1h, page: primary}}]}}
"""


@dataclass
class Load:
    """Posts alerts, each of its own group, and remembers those that were answered 200."""

    served: Served
    token: str
    prefix: str
    accepted: dict[str, float] = field(default_factory=dict)
    unanswered: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stop.wait(LOAD_PAUSE_S):
            self.post()

    def post(self) -> None:
        name = f"{self.prefix}{next(self._numbers)}"
        alert = [
            {
                "labels": {"alertname": name, "severity": "critical"},
                "annotations": {"summary": f"{name} fires"},
            }
        ]
        url = f"{self.served.url}/api/v2/alerts"
        try:
            answer = httpx.post(url, json=alert, headers=bearer(self.token), timeout=10)
        except httpx.TransportError:
            self.unanswered += 1
            return
        if answer.status_code == 200:
            self.accepted[name] = time.monotonic()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Post from several threads for the length of a block."""
        self._stop.clear()
        threads = [threading.Thread(target=self.run, daemon=True) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()


@dataclass
class Tally:
    """What the trials at one point came to. Times are seconds since the kill."""

    point: str
    trials: int = 0
    accepted: int = 0
    lost: int = 0
    repeated: int = 0
    most_repeats_a_kill: int = 0
    most_of_one_page: int = 0
    other_keys: int = 0
    ready_s: list[float] = field(default_factory=list)
    first_page_s: list[float] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        in_time = max(self.first_page_s, default=0) <= PAGE_BAR_S
        return in_time and not self.lost and not self.other_keys and self.most_of_one_page <= 2


@dataclass
class Sweep:
    """Trials at one point on one home folder."""

    served: Served
    receiver: Receiver
    load: Load
    armed: Path
    tally: Tally
    _repeats_before: int = 0

    def trial(self) -> None:
        """Kill once under load, start again, and wait until all that was accepted has been paged."""
        with self.load.going_on():
            time.sleep(LULL_S)
            self._kill()
        killed_at = time.monotonic()
        self.armed.unlink(missing_ok=True)
        due = set(self.load.accepted) - self._paged()
        self.served.start()
        self.tally.ready_s.append(time.monotonic() - killed_at)
        self._await_all()
        self._count(killed_at, due)

    def _kill(self) -> None:
        if self.tally.point not in mortal.FROM_OUTSIDE:
            self.armed.touch()
            self.served.wait_killed(PATIENCE_S)
            return
        seen = len(self.receiver.posted)
        if self.tally.point == mortal.DURING_SEND:
            self.receiver.hold()
        deadline = time.monotonic() + PATIENCE_S
        while len(self.receiver.posted) == seen and time.monotonic() < deadline:
            time.sleep(0.005)
        if self.tally.point == mortal.DURING_WAIT:
            time.sleep(0.05)
        self.served.kill()
        self.receiver.release()

    def _paged(self) -> set[str]:
        return {_alert_of(page) for page in self.receiver.pages()}

    def _await_all(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while set(self.load.accepted) - self._paged() and time.monotonic() < deadline:
            time.sleep(0.02)
        # A repeat comes when the lease of what was being sent runs out.
        time.sleep(LEASE_S + 0.5)

    def _count(self, killed_at: float, due: set[str]) -> None:
        pages = self.receiver.pages()
        after = [page.at - killed_at for page in pages if page.at > killed_at]
        late = [page.at - killed_at for page in pages if page.at > killed_at and _alert_of(page) in due]
        repeats = len(pages) - len(self.receiver.keys())
        tally = self.tally
        tally.trials += 1
        tally.accepted = len(self.load.accepted)
        tally.lost = len(set(self.load.accepted) - self._paged())
        tally.most_repeats_a_kill = max(tally.most_repeats_a_kill, repeats - self._repeats_before)
        tally.repeated = self._repeats_before = repeats
        tally.most_of_one_page = max(self.receiver.keys().values(), default=0)
        tally.other_keys = len(self.receiver.keys()) - len(self._paged())
        tally.first_page_s += (late or after)[:1]


def _alert_of(page: Posted) -> str:
    """Return the alert's name, with which our load begins each summary."""
    return str(page.message["subject"]).split(": ", 1)[1].split()[0]


def sweep(point: str, trials: int, deadline: float, folder: Path, database_url: str) -> Tally:
    """Run the trials at one point, fewer when the time is up."""
    home = folder / "".join(letter if letter.isalnum() else "-" for letter in point)
    home.mkdir(mode=0o700)
    armed = home / "armed"
    with receiving() as receiver:
        served = Served(home, database_url, command=(sys.executable, mortal.__file__, point, str(armed)))
        served.settings = {"TOCSIN_WEBHOOK_SECRETS": SECRET, "TOCSIN_LEASE_SECONDS": str(LEASE_S)}
        served.pack("oncall.yml", ONCALL.format(url=receiver.url))
        served.start()
        tally = Tally(point)
        # On one database the alerts of two points must not be the same.
        load = Load(served, served.token(Role.INGEST), f"Load{mortal.POINTS.index(point)}x")
        one = Sweep(served, receiver, load, armed, tally)
        try:
            while tally.trials < trials and time.monotonic() < deadline:
                one.trial()
                print(f"\r{point}: {tally.trials}/{trials}", end="", file=sys.stderr, flush=True)
        finally:
            served.kill()
            print(file=sys.stderr)
    return tally


def show(tallies: list[Tally]) -> None:
    """Print the table."""
    head = (
        "killed",
        "trials",
        "accepted",
        "lost",
        "repeats",
        "most a kill",
        "other keys",
        "first page s",
        "",
    )
    print(("| {} " * len(head) + "|").format(*head))
    print("|---" * len(head) + "|")
    for tally in tallies:
        first = sorted(tally.first_page_s)
        seconds = f"{first[len(first) // 2]:.1f} (max {first[-1]:.1f})" if first else "none due"
        cells = (
            tally.point,
            tally.trials,
            tally.accepted,
            tally.lost,
            tally.repeated,
            tally.most_repeats_a_kill,
            max(tally.most_of_one_page - 1, 0),
            tally.other_keys,
            seconds,
            "good" if tally.is_good else "BAD",
        )
        print(("| {} " * len(cells) + "|").format(*cells))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", nargs="?", type=int, default=20)
    parser.add_argument("--database-url", default="", help="An empty PostgreSQL database instead of SQLite.")
    parser.add_argument("--minutes", type=float, default=30.0, help="Stop after this time.")
    chosen = parser.parse_args()
    deadline = time.monotonic() + chosen.minutes * 60
    with tempfile.TemporaryDirectory(prefix="tocsin-kill-") as folder:
        tallies = [
            sweep(point, chosen.trials, deadline, Path(folder), chosen.database_url)
            for point in mortal.POINTS
        ]
    show(tallies)
    return 0 if all(tally.is_good for tally in tallies) else 1


if __name__ == "__main__":
    sys.exit(main())
