"""Kill -9 under load, at named points, many times: what was lost, what came twice, when the first page came.

    python proofs/kill_sweep.py [--results FILE] [--minutes N] [--configs NAME,...] [--points NAME,...]

Servers are killed and started again and again on one database, while alerts are posted; an alert counts
once it was answered 200, or is found in the database. A receiver checks the signature of every page and
counts it by its key. Every trial is added to FILE as a line of JSON at once: what is there already is not
done again, so the proof goes on where it stopped, and several runs add up.
Ends with 1 when something accepted did not come, when a page was repeated with another key or more than once
after a kill, when the first page came later than 10 s after the kill, or when the log was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import mortal
from nodes import PAGED_ONCE, PAGED_TWICE, TOLD_IN_GROUPS, House, Node, furnished, nursery, postgres
from receiver import receiving
from served import bearer

CONFIGS = {
    "sqlite-1": ("sqlite", 1, 20),
    "postgres-3": ("postgres", 3, 20),
    "sqlite-3": ("sqlite", 3, 3),
    "postgres-1": ("postgres", 1, 3),
}
"""The database, the number of processes, and the trials at each point."""
LULL_S = 0.7
REACHED_WITHIN_S = 20.0
PAGE_BAR_S = 10.0
BROKEN = ("LogForked", "LogShrank", "EntryForged")


@dataclass(kw_only=True)
class Trial:
    """One kill and what came of it. Times are seconds since the kill."""

    config: str
    point: str
    number: int
    killed: str
    at: str = ""
    was_reached: bool = True
    accepted: int = 0
    lost: int = 0
    repeats: int = 0
    most_of_one_page: int = 0
    other_keys: int = 0
    is_log_broken: bool = False
    ready_s: float = 0.0
    first_page_s: float | None = None
    last_due_s: float | None = None
    load: float = 0.0
    seconds: float = 0.0


@dataclass
class Sweep:
    """Trials at one point on one house."""

    config: str
    point: str
    house: House
    written: set[str] = field(default_factory=set)
    _before: Counter[str] = field(default_factory=Counter)
    _lost_before: set[str] = field(default_factory=set)
    _changes: int = 0

    def trial(self, number: int) -> Trial:
        """Kill once under load, start again, wait until all has come, and count."""
        nodes = self.house.nodes
        began, accepted = time.monotonic(), len(self.house.accepted)
        victims = list(nodes) if number % 4 == 3 or len(nodes) == 1 else [nodes[number % len(nodes)]]
        killed = "all" if len(victims) == len(nodes) else "one"
        trial = Trial(config=self.config, point=self.point, number=number, killed=killed)
        trial.at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with self.house.under_load():
            time.sleep(LULL_S)
            trial.was_reached = self._kill(nodes[number % len(nodes)], number)
            for victim in victims:
                victim.kill()
            killed_at = time.monotonic()
            if killed == "one":
                time.sleep(0.5)
        self.house.adopt_unanswered()
        due = self.house.missing()
        if killed == "one" and number % 2:
            # The others take over what the dead one held, and nobody helps them by a restart.
            self.house.await_rest()
        self._restart(victims)
        trial.ready_s = time.monotonic() - killed_at
        self.house.await_rest()
        self._check_writes(number)
        self._count(trial, killed_at, due)
        trial.accepted = len(self.house.accepted) - accepted
        trial.load, trial.seconds = os.getloadavg()[0], time.monotonic() - began
        return trial

    def _kill(self, victim: Node, number: int) -> bool:
        """Let a node die at the point; False if it never got there, and is then killed where it is."""
        if self.point in (mortal.DURING_SEND, mortal.DURING_WAIT):
            return self._kill_from_outside(victim)
        if self.point == mortal.DURING_MIGRATION:
            victim.kill()
            probes = victim.armed.with_name("probes")
            probes.write_text(str(int(probes.read_text() if probes.exists() else "0") + 1))
            victim.armed.touch()
            victim.launch()
        else:
            victim.armed.write_text("after" if number % 2 else "before")
            self._write(victim, number)
        was_reached = self._has_died(victim)
        for node in self.house.nodes:
            node.armed.unlink(missing_ok=True)
        return was_reached

    def _kill_from_outside(self, victim: Node) -> bool:
        seen = len(self.house.receiver.posted)
        if self.point == mortal.DURING_SEND:
            self.house.receiver.hold()
        deadline = time.monotonic() + REACHED_WITHIN_S
        while len(self.house.receiver.posted) == seen and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.2 if self.point == mortal.DURING_SEND else 0.05)
        victim.kill()
        self.house.receiver.release()
        return len(self.house.receiver.posted) > seen

    def _has_died(self, victim: Node) -> bool:
        deadline = time.monotonic() + REACHED_WITHIN_S
        while victim.is_alive and time.monotonic() < deadline:
            time.sleep(0.005)
        return not victim.is_alive

    def _restart(self, victims: list[Node]) -> None:
        for victim in victims:
            victim.armed.unlink(missing_ok=True)
        self.house.start(victims)

    def _write(self, node: Node, number: int) -> None:
        """Write a silence or an override at the points that are about one; remember what was answered."""
        paths = {mortal.DURING_OVERRIDE: "/api/v1/schedules", mortal.DURING_SILENCE: "/api/v1/silences"}
        path = paths.get(self.point)
        if path is None:
            return
        self._changes += 1
        wanted: dict[str, Any] = {"matchers": [f"alertname=Quiet{self._changes}"]}
        wanted |= {"reason": "A proof.", "lasts": "2h"}
        if self.point == mortal.DURING_OVERRIDE:
            path += f"/{self._schedule(node)}/overrides"
            start = datetime.now(UTC) + timedelta(days=2 + self._changes)
            wanted = {"person": "ben", "reason": "A proof.", "starts_at": start.isoformat()}
            wanted["ends_at"] = (start + timedelta(hours=1)).isoformat()
        try:
            answer = httpx.post(node.url + path, json=wanted, headers=bearer(self.house.token), timeout=20)
        except httpx.TransportError:
            return
        if answer.status_code != 200:
            raise SystemExit(f"A change was refused: {answer.text}")
        self.written.add(str(answer.json()["id"]))

    def _schedule(self, node: Node) -> str:
        return str(node.get("/api/v1/schedules", self.house.token)["schedules"][0]["name"])

    def _check_writes(self, number: int) -> None:
        """Write once more, undisturbed, and see that nothing that was answered is gone."""
        node = self.house.nodes[0]
        self._write(node, number)
        if self.point == mortal.DURING_SILENCE:
            kept = {each["id"] for each in node.get("/api/v1/silences", self.house.token)["silences"]}
        elif self.point == mortal.DURING_OVERRIDE:
            path = f"/api/v1/schedules/{self._schedule(node)}/overrides?days=90"
            kept = {each["id"] for each in node.get(path, self.house.token)["overrides"]}
        else:
            return
        if self.written - kept:
            raise SystemExit(f"{len(self.written - kept)} changes that were answered are gone.")

    def _count(self, trial: Trial, killed_at: float, due: set[str]) -> None:
        came = self.house.came()
        counts = Counter(posted.key for _, posted in came)
        more = {key: count - max(self._before[key], 1) for key, count in counts.items()}
        trial.repeats = sum(more.values())
        trial.most_of_one_page = max(more.values(), default=0)
        trial.other_keys = len({(name, posted.key) for name, posted in came}) - len(
            {name for name, _ in came}
        )
        missing = self.house.missing()
        trial.lost = len(missing - self._lost_before)
        self._before, self._lost_before = counts, missing
        firsts: dict[str, float] = {}
        for name, posted in came:
            wanted = name if name in due else f"{name.split()[0]} "
            if posted.at > killed_at and wanted in due:
                firsts.setdefault(wanted, posted.at - killed_at)
        waits = self.house.labels == PAGED_TWICE
        # A second step is not due at the kill; only what was late is measured.
        trial.first_page_s = min(firsts.values(), default=None)
        trial.last_due_s = None if waits else max(firsts.values(), default=None)
        trial.is_log_broken = any(word in node.said() for node in self.house.nodes for word in BROKEN)


def is_good(row: Mapping[str, Any]) -> bool:
    """Say whether a trial kept the promise."""
    in_time = (row["first_page_s"] or 0) <= PAGE_BAR_S
    return bool(
        in_time
        and not row["lost"]
        and not row["other_keys"]
        and row["most_of_one_page"] <= 1
        and not row["is_log_broken"]
    )


def load_of(point: str) -> dict[str, str]:
    """Return the labels of the alerts with which a point is proven."""
    if point in mortal.OF_GROUPS:
        return TOLD_IN_GROUPS
    return PAGED_TWICE if point in (mortal.DURING_WAIT, mortal.AFTER_STEP_COMMIT) else PAGED_ONCE


@dataclass
class Results:
    """The file of trials."""

    path: Path

    def rows(self) -> list[dict[str, Any]]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def add(self, trial: Trial) -> None:
        rounded = {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in asdict(trial).items()
        }
        with self.path.open("a") as file:
            file.write(json.dumps(rounded) + "\n")

    def done(self, config: str, point: str) -> int:
        return sum((row["config"], row["point"]) == (config, point) for row in self.rows())


@contextmanager
def databases(wanted: Iterable[str]) -> Iterator[Mapping[str, Callable[[str], str]]]:
    """Yield for each kind of database what makes an empty one."""
    with ExitStack() as stack:
        found: dict[str, Callable[[str], str]] = {"sqlite": lambda name: ""}
        if "postgres" in wanted:
            found["postgres"] = stack.enter_context(postgres())
        yield found


def sweep(chosen: argparse.Namespace, results: Results) -> None:
    """Do the trials that are still to be done, until the time is up."""
    deadline = time.monotonic() + chosen.minutes * 60
    numbers = iter(range(1, 1_000_000))
    kinds = {CONFIGS[config][0] for config in chosen.configs}
    with receiving() as receiver, nursery(receiver.url) as (brood, template), databases(kinds) as made:
        for config in chosen.configs:
            database, count, usual = CONFIGS[config]
            for point in chosen.points:
                first = results.done(config, point)
                last = chosen.trials or usual
                if first >= last or time.monotonic() > deadline:
                    continue
                receiver.posted.clear()
                with tempfile.TemporaryDirectory(prefix="tocsin-kill-") as folder:
                    url = made[database](f"tocsin_{os.getpid()}_{next(numbers)}")
                    house = furnished(
                        Path(folder) / "home", brood, template, receiver, count, url, point=point
                    )
                    house.labels = load_of(point)
                    _trials(Sweep(config, point, house), range(first, last), results, deadline)


def _trials(one: Sweep, numbers: Iterable[int], results: Results, deadline: float) -> None:
    try:
        one.house.start()
        for number in numbers:
            if time.monotonic() > deadline:
                return
            trial = one.trial(number)
            results.add(trial)
            state = "good" if is_good(asdict(trial)) else "BAD"
            print(f"{one.config} {one.point} {number}: {trial.seconds:.1f} s {state}", file=sys.stderr)
    finally:
        one.house.close()


def show(rows: list[dict[str, Any]]) -> bool:
    """Print the table; say whether every trial was good."""
    head = ["servers", "killed", "trials", "accepted", "lost", "repeats", "most a kill"]
    head += ["most of one page", "other keys", "first page s", "last due s", ""]
    print(("| {} " * len(head) + "|").format(*head))
    print("|---" * len(head) + "|")
    for config, point in dict.fromkeys((row["config"], row["point"]) for row in rows):
        those = [row for row in rows if (row["config"], row["point"]) == (config, point)]
        cells = [
            config,
            point,
            len(those),
            *(sum(row[name] for row in those) for name in ("accepted", "lost")),
        ]
        cells += [sum(row["repeats"] for row in those), max(row["repeats"] for row in those)]
        cells += [max(row["most_of_one_page"] for row in those), max(row["other_keys"] for row in those)]
        cells += [_spread(those, "first_page_s"), _spread(those, "last_due_s")]
        cells.append("good" if all(is_good(row) for row in those) else "BAD")
        print(("| {} " * len(cells) + "|").format(*cells))
    return all(is_good(row) for row in rows)


def _spread(rows: list[dict[str, Any]], name: str) -> str:
    values = sorted(row[name] for row in rows if row[name] is not None)
    return f"{values[len(values) // 2]:.1f} (max {values[-1]:.1f})" if values else "none due"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--trials", type=int, help="At each point; else 20, and 3 for the last two configurations."
    )
    parser.add_argument("--configs", type=_named(CONFIGS), default=list(CONFIGS), help=", ".join(CONFIGS))
    parser.add_argument("--points", type=_named(mortal.NAMES), default=list(mortal.NAMES))
    parser.add_argument("--minutes", type=float, default=240.0, help="Stop after this time.")
    parser.add_argument("--results", type=Path, default=Path("kill_results.jsonl"))
    chosen = parser.parse_args()
    chosen.points = [mortal.NAMES[name] for name in chosen.points]
    results = Results(chosen.results)
    sweep(chosen, results)
    return 0 if show(results.rows()) else 1


def _named(known: Iterable[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = text.split(",")
        if not set(names) <= set(known):
            raise argparse.ArgumentTypeError(f"known are {', '.join(known)}")
        return names

    return read


if __name__ == "__main__":
    threading.stack_size(512 * 1024)
    sys.exit(main())
