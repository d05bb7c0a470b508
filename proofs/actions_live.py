"""Proof: what real servers do to a real service, while they are killed, is what people let them do, once.

    python proofs/actions_live.py --results FILE [--configs sqlite-1,postgres-3] [--kills 60,30]

Real `tocsin up` processes on a home folder of their own; a service on this machine that writes down each
call with its key; incidents from alerts; actions asked for through REST, the command line and a runbook;
consent by people who are signed in, through forms of the console. Processes are killed with SIGKILL during
the look, the beginning, the call, its settling, the reading back, the undo, and at any time. What is claimed
is checked from outside: the service's journal against the log. Trials are appended to the file; a later run
goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from acting_people import RUNBOOK, Team
from brood import Brood
from guarded_service import ACTIONS, LOOK, PERFORM, REVERT, SETTLE, VERIFY, Called, Guarded, guarded_service
from nodes import Node, nursery, postgres, settings
from tocsin.audit.leaf import decode
from tocsin.domain.action import Action, ActionState
from tocsin.domain.timeline import Happening

BEGIN, ANY = "begin", "any"
MOMENTS = (LOOK, BEGIN, PERFORM, SETTLE, VERIFY, REVERT, ANY)
CONFIGS = {"sqlite-1": ("sqlite", 1), "postgres-3": ("postgres", 3)}
A_TRIAL, LEAST_ASKED = 14, 3
"""So many kills has one trial; then the house is left in peace, and what it says is looked at."""
MOMENT_WITHIN_S, ENDS_WITHIN_S = 15.0, 90.0
STOPPED_FOR_S, STOP_HOLDS_AFTER = 4.0, timedelta(seconds=2)
DEMANDED = "audit.snapshot"
"""What the shipped policy wants kept before anything is changed."""
ENDED = (ActionState.DONE, ActionState.FAILED, ActionState.UNKNOWN, ActionState.UNDONE)


@dataclass
class Trial:
    """One trial: what was done, and what is wrong with it."""

    config: str
    number: int
    kills: dict[str, int] = field(default_factory=dict)
    actions: int = 0
    by_door: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    repeats: int = 0
    glass: int = 0
    stop_s: float = 0.0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass
class Hunter:
    """Kills whichever process comes to a moment; and starts it again."""

    nodes: tuple[Node, ...]
    chance: random.Random
    moment: str = ""
    kills: dict[str, int] = field(default_factory=dict)
    _shot: threading.Event = field(default_factory=threading.Event)
    _victim: int = -1
    _aims: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, moment: str, node: int) -> None:
        """Somebody comes to a moment; the one that is waited for kills, at once or a little later."""
        with self._aims:
            if moment != self.moment:
                return
            self.moment = ""
        # In the middle of a call, or when its answer is being worked on.
        later = self.chance.random() * (2.5 if moment == BEGIN else 0.08)
        if self.chance.random() < 0.5 or moment == BEGIN:
            threading.Timer(later, self._shoot, (moment, node)).start()
        else:
            self._shoot(moment, node)

    def hunt(self, moment: str) -> None:
        """Kill one process at a moment, or anywhere when it does not come, and start it again."""
        self._shot.clear()
        if moment == ANY:
            time.sleep(self.chance.random() * 2)
            self._shoot(ANY, self.chance.randrange(len(self.nodes)))
        else:
            with self._aims:
                self.moment = moment
            if not self._shot.wait(MOMENT_WITHIN_S):
                with self._aims:
                    was, self.moment = self.moment, ""
                if was:
                    self._shoot(ANY, self.chance.randrange(len(self.nodes)))
            self._shot.wait(MOMENT_WITHIN_S)
        node = self.nodes[self._victim]
        assert node.process is not None
        node.process.wait(30)
        time.sleep(self.chance.random() * 0.5)
        node.launch()
        node.await_ready()

    def _shoot(self, moment: str, node: int) -> None:
        self._victim = node
        process = self.nodes[node].process
        assert process is not None
        process.kill()
        self.kills[moment] = self.kills.get(moment, 0) + 1
        self._shot.set()


@dataclass(frozen=True)
class House:
    """Servers, the people and the service."""

    nodes: tuple[Node, ...]
    team: Team
    guarded: Guarded
    hunter: Hunter


@contextmanager
def housed(
    brood: Brood, template: Path, guarded: Guarded, count: int, database_url: str, seed: int
) -> Iterator[House]:
    """Yield a house whose servers are up, on a new home folder."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="tocsin-live-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(template, home)
        nodes = tuple(
            Node(
                home,
                database_url,
                settings(home) | {"TOCSIN_HTTP_TARGETS": f"gate={guarded.url}/n{place}"},
                brood=brood,
            )
            for place in range(count)
        )
        hunter = Hunter(nodes, chance)
        team = Team(nodes, chance, on_consent=lambda node: hunter.passes(BEGIN, node))
        guarded.forget()
        guarded.trap = hunter.passes
        try:
            for node in nodes:
                node.launch()
            for node in nodes:
                node.await_ready()
            team.settle_in()
            yield House(nodes, team, guarded, hunter)
        finally:
            team.over()
            guarded.trap = lambda moment, node: None
            for node in nodes:
                node.kill()


def tried(config: str, number: int, house: House, kills: int, most: int, stopped_s: float) -> Trial:
    """Let people act while processes are killed; then wait for the end of everything, and judge."""
    trial, began = Trial(config, number), time.monotonic()
    stop = None
    house.team.begin(most)
    for place in range(kills):
        if place == kills // 2:
            stop = _stopped(house, stopped_s)
        house.hunter.hunt(MOMENTS[(number * kills + place) % len(MOMENTS)])
    house.team.end_asking(at_least=min(most, LEAST_ASKED))
    is_over = house.team.stays_until(lambda: _is_over(house), ENDS_WITHIN_S)
    house.team.over()
    trial.kills = house.hunter.kills
    judge(house, trial, stop)
    if not is_over:
        trial.faults.append(f"not over after {ENDS_WITHIN_S:g} s")
    trial.seconds = round(time.monotonic() - began, 1)
    return trial


@dataclass(frozen=True, slots=True)
class Stopped:
    """When the stop switch had answered, and when it was released."""

    at: datetime
    until: datetime


def _stopped(house: House, span_s: float) -> Stopped:
    """Set the stop switch at one process, and wait while people go on asking and consenting."""
    at = _until_taken(house, "stop")
    house.hunter.hunt(ANY)
    time.sleep(max(0.0, span_s - (datetime.now(UTC) - at).total_seconds()))
    until = datetime.now(UTC)
    _until_taken(house, "start")
    return Stopped(at, until)


def _until_taken(house: House, verb: str) -> datetime:
    while True:
        answer = house.team.rest("POST", f"/api/v1/actions/{verb}", json={"reason": "We look first."})
        # What was taken, and not answered in time, is refused when it is asked for again.
        if answer is not None and answer.status_code in (200, 422):
            return datetime.now(UTC)
        time.sleep(0.05)


def _is_over(house: House) -> bool:
    """Say whether every action has come to its end, and what was for a time was taken back."""
    rows = house.team.actions()
    if not rows:
        return False
    states = {row["state"] for row in rows}
    waits = [row for row in rows if row["reverts_at"] and row["state"] == ActionState.DONE]
    return not states & {"proposed", "begun"} and not waits


def judge(house: House, trial: Trial, stop: Stopped | None) -> None:
    """Compare what the service wrote down with the log and the records."""
    with house.nodes[0].store() as store, store.reading() as shelves:
        actions = shelves.actions.listed(limit=5000)
        log = shelves.log
        entries = [(leaf.index, decode(leaf.content)) for leaf in log.leaves(0, log.size())]
        heads = sorted((each.size, each.signed_at) for each in log.checkpoints())
        kept = {each.incident_id: shelves.exhibits.of_incident(each.incident_id) for each in actions}
        indexes = log.indexes_of([one.entry_id for all_ in kept.values() for one in all_ if one.entry_id])
    changing = house.guarded.changing()
    by_key = {str(each.action_id): each for each in actions}
    glass = {e.facts["action"]: e.at for _, e in entries if e.kind == Happening.BROKE_GLASS}
    trial.actions, trial.calls, trial.glass = len(actions), len(changing), len(glass)
    trial.by_door, trial.states = _counted(actions, "door"), _counted(actions, "state")
    trial.repeats = len(changing) - len({call.key for call in changing})

    def sealed_at(entry_id: Any) -> datetime | None:
        index = indexes.get(entry_id)
        return next((at for size, at in heads if index is not None and size > index), None)

    for call in changing:
        action = by_key.get(call.key)
        if action is None:
            trial.faults.append(f"{call.path} was changed under a key of no action")
            continue
        exhibits = [one for one in kept[action.incident_id] if one.collector == DEMANDED and not one.gap]
        seals = [sealed_at(one.entry_id) for one in exhibits]
        broken = glass.get(action.short_name, call.at)
        if not any(at and at <= call.at for at in seals) and broken >= call.at:
            trial.faults.append(f"{action.short_name} changed {call.path} before evidence was sealed")
    trial.faults += _doubled(changing)
    trial.faults += _unended(actions, house.guarded)
    if stop is not None:
        late = [c for c in changing if stop.at + STOP_HOLDS_AFTER < c.at < stop.until]
        after = [(c.at - stop.at).total_seconds() for c in changing if stop.at < c.at < stop.until]
        trial.stop_s = max(after, default=0.0)
        trial.faults += [
            f"{c.path} was changed {(c.at - stop.at).total_seconds():.1f} s after the stop" for c in late
        ]


def _doubled(changing: Iterable[Called]) -> list[str]:
    applied: dict[str, int] = {}
    for call in changing:
        applied[call.key] = applied.get(call.key, 0) + call.applied
    return [f"{key} took effect {times} times" for key, times in applied.items() if times > 1]


def _unended(actions: Iterable[Action], guarded: Guarded) -> list[str]:
    found = [f"{each.short_name} is {each.state}" for each in actions if each.state not in ENDED]
    keys = {call.key for call in guarded.changing()}
    for each in actions:
        was_done = each.state in (ActionState.DONE, ActionState.UNDONE)
        if was_done and str(each.action_id) not in keys:
            found.append(f"{each.short_name} is {each.state}, and the service knows nothing of it")
        if each.state is ActionState.FAILED and str(each.action_id) in keys:
            found.append(f"{each.short_name} is failed, and the service was changed")
        if each.revert_after and each.state is ActionState.DONE:
            found.append(f"{each.short_name} was for a time, and was not taken back")
        if (
            each.state is ActionState.UNDONE
            and guarded.things.get(f"things/{each.arguments['name']}") == "shut"
        ):
            found.append(f"{each.short_name} is undone, and its thing is shut")
    return found


def _counted(actions: Iterable[Action], name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in actions:
        value = str(getattr(each, name))
        counts[value] = counts.get(value, 0) + 1
    return counts


class Results:
    """The file of trials."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self) -> list[dict[str, Any]]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def add(self, trial: Trial) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(trial)) + "\n")

    def kills(self, config: str) -> int:
        return sum(sum(row["kills"].values()) for row in self.rows() if row["config"] == config)


@contextmanager
def databases(wanted: Iterable[str]) -> Iterator[Mapping[str, Callable[[str], str]]]:
    """Yield for each kind of database what makes an empty one."""
    with ExitStack() as stack:
        found: dict[str, Callable[[str], str]] = {"sqlite": lambda name: ""}
        if "postgres" in wanted:
            found["postgres"] = stack.enter_context(postgres())
        yield found


def furnish(template: Path) -> None:
    """Put the actions and the runbook into the home folder that houses are copied from."""
    pack = template / "packs" / "team"
    (pack / "runbooks").mkdir(parents=True, exist_ok=True)
    (pack / "actions.yml").write_text(ACTIONS)
    (pack / "runbooks" / "shut-it.yml").write_text(RUNBOOK)


def prove(
    wanted: Mapping[str, int],
    results: Results,
    a_trial: int = A_TRIAL,
    most: int = 40,
    stopped_s: float = STOPPED_FOR_S,
) -> None:
    """Do the trials that are still to be done."""
    kinds = {CONFIGS[config][0] for config in wanted}
    with guarded_service() as guarded, nursery(guarded.url) as (brood, template), databases(kinds) as made:
        furnish(template)
        for config, kills in wanted.items():
            database, count = CONFIGS[config]
            while results.kills(config) < kills:
                number = len(results.rows())
                url = made[database](f"tocsin_{os.getpid()}_{number}")
                with housed(brood, template, guarded, count, url, number) as house:
                    trial = tried(config, number, house, a_trial, most, stopped_s)
                results.add(trial)
                said = "; ".join(trial.faults[:5]) or "good"
                print(f"{config} {number}: {trial.seconds:.0f} s {said}", file=sys.stderr)


def show(rows: list[dict[str, Any]]) -> bool:
    """Print the table; say whether every trial was good."""
    head = (
        "servers",
        "kills",
        "actions",
        "by door",
        "ended",
        "changing calls",
        "sent again",
        "glass",
        "stop s",
        "",
    )
    print(("| {} " * len(head) + "|").format(*head))
    print("|---" * len(head) + "|")
    for config in dict.fromkeys(row["config"] for row in rows):
        those = [row for row in rows if row["config"] == config]
        faults = sum(len(row["faults"]) for row in those)
        cells = [config, _sums(those, "kills"), sum(row["actions"] for row in those)]
        cells += [_sums(those, "by_door"), _sums(those, "states")]
        cells += [sum(row[name] for row in those) for name in ("calls", "repeats", "glass")]
        cells += [f"{max(row['stop_s'] for row in those):.2f}", f"{faults} BROKEN" if faults else "good"]
        print(("| {} " * len(cells) + "|").format(*cells))
    for row in rows:
        for fault in row["faults"]:
            print(f"\n{row['config']} {row['number']}: {fault}")
    return bool(rows) and not any(row["faults"] for row in rows)


def _sums(rows: list[dict[str, Any]], name: str) -> str:
    sums: dict[str, int] = {}
    for row in rows:
        for key, value in row[name].items():
            sums[key] = sums.get(key, 0) + value
    return f"{sum(sums.values())}: " + ", ".join(f"{key} {value}" for key, value in sorted(sums.items()))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configs", default=",".join(CONFIGS), help="Which to do; both by default.")
    parser.add_argument("--kills", default="60,30", help="How many, for each of them.")
    parser.add_argument("--results", type=Path, default=Path("actions_live.jsonl"))
    chosen = parser.parse_args()
    results = Results(chosen.results)
    wanted = dict(zip(chosen.configs.split(","), map(int, chosen.kills.split(",")), strict=True))
    prove(wanted, results)
    return 0 if show(results.rows()) else 1


if __name__ == "__main__":
    sys.exit(main())
