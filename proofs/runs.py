"""Proof: a run is never lost, doubled or stuck, whenever its worker dies and in whatever order people answer.

    python proofs/runs.py [--approvals 10000] [--every 1]

A whole run (notices, evidence, a containment in a called runbook, approvals, answers) is killed at every
point between two steps, before and after each commit and each call outside; a worker that remembers nothing
goes on. So is every shipped runbook, each of its actions standing as one call.

Then many approvals of many runs, nested ones too, are answered at once by threads in a random order.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from acting_world import Killed
from run_world import RunWorld
from shipped_world import ShippedWorld, shipped
from tocsin.domain.action import ActionState
from tocsin.domain.errors import Explained
from tocsin.domain.run import RunState, StepState

MOST_TURNS = 40
ROLES = ("r0", "r1", "r2", "r3", "r4")
OUTER = "runbook: outer\ntitle: O\nsteps:\n- parallel:\n  - {id: a, call: inner}\n  - {id: b, call: inner}\n"
INNER = f"runbook: inner\ntitle: I\nsteps:\n- {{id: yes, do: Consent, approve: [{', '.join(ROLES)}]}}\n"


@dataclass
class Fuse:
    """Kills at the step of a number; counts all steps."""

    burns_at: int = -1
    steps: int = 0

    def __call__(self) -> None:
        self.steps += 1
        if self.steps == self.burns_at:
            raise Killed


def goes_on(fuse: Fuse) -> RunWorld:
    """Follow one run to its end, and begin anew whenever the worker dies."""
    world = RunWorld(lambda: fuse())
    for _ in range(MOST_TURNS):
        try:
            if not world.runs.listed():
                world.start()
            if world.known().state is not RunState.RUNNING:
                break
            world.turn()
        except Killed:
            world.begin_anew()
    return world


def faults_of(world: RunWorld, killed_at: int) -> list[str]:
    """Return what is lost, doubled or stuck in a world whose run should be over."""
    where = f"killed at step {killed_at}"
    runs = world.runs.listed()
    found = [f"{where}: {len(runs)} runs"] if len(runs) != 1 else []
    if runs and runs[0].state is not RunState.DONE:
        found.append(f"{where}: stuck with {world.states()}")
    if world.partner.count != 0:
        found.append(f"{where}: the containment is lost")
    keys = [call.parameters["key"] for call in world.partner.changed if call.operation == "set_count"]
    if len(set(keys)) != 1:
        found.append(f"{where}: contained under {len(set(keys))} keys")
    notes = sorted(world.partner.notes)
    if notes != sorted(set(notes)) or len(notes) != 2:
        found.append(f"{where}: notices {notes}")
    return found


def kills(every: int = 1) -> tuple[int, list[str]]:
    """Kill at every step (or every so many); return how many kills there were, and the faults."""
    whole = Fuse()
    faults = faults_of(goes_on(whole), 0)
    points = range(1, whole.steps + 1, every)
    for point in points:
        faults += faults_of(goes_on(Fuse(point)), point)
    return len(points), faults


def follows(text: str, fuse: Fuse) -> ShippedWorld:
    """Follow one shipped runbook to its end, and begin anew whenever the worker dies."""
    world = ShippedWorld(text, lambda: fuse())
    for _ in range(MOST_TURNS):
        try:
            world.follow()
        except Killed:
            world.begin_anew()
        if world.runs.listed() and world.known().state is not RunState.RUNNING:
            break
    return world


def faults_of_shipped(world: ShippedWorld, killed_at: int) -> list[str]:
    """Return what is lost, doubled or stuck: each action that ended well was done exactly once."""
    where = f"{world.book.runbook_id}, killed at step {killed_at}"
    if [run.state for run in world.runs.listed()] != [RunState.DONE]:
        return [f"{where}: {[run.state.value for run in world.runs.listed()]} {world.states()}"]
    done = sorted(str(each.action_id) for each in world.actions() if each.state is ActionState.DONE)
    found = [] if done == sorted(world.partner.deployments) else [f"{where}: actions lost or doubled"]
    asked = [number for record in world.known().steps.values() for number in record.actions]
    strays = {each.number for each in world.actions()} - set(asked)
    return found + ([f"{where}: actions of no step {sorted(strays)}"] if strays else [])


def shipped_kills(every: int = 1) -> tuple[int, list[str]]:
    """Kill each shipped runbook at every step (or every so many); return how many kills, and the faults."""
    count, faults = 0, []
    for text in shipped():
        whole = Fuse()
        faults += faults_of_shipped(follows(text, whole), 0)
        for point in range(1, whole.steps + 1, every):
            faults += faults_of_shipped(follows(text, Fuse(point)), point)
            count += 1
    return count, faults


def approvals(count: int, seed: int = 7, threads: int = 8) -> tuple[int, list[str]]:
    """Let people answer about `count` approvals at once; return how many, and what is stuck."""
    world = RunWorld(books=(OUTER, INNER))
    people = [f"p{number}" for number in range(len(ROLES))]
    # Some may answer in several roles: who comes first must not keep others from filling the rest.
    world.roles = {person: (*ROLES[: number + 1],) for number, person in enumerate(people)}
    runs = max(count // (2 * len(ROLES)), 1)
    for _ in range(runs):
        world.start("outer")
    places = [(number, place) for number in range(1, runs + 1) for place in ("a.yes", "b.yes")]
    asked = [(number, place, person) for number, place in places for person in people]
    random.Random(seed).shuffle(asked)
    refusals: list[str] = []
    start = threading.Barrier(threads)

    def answer(mine: list[tuple[int, str, str]]) -> None:
        start.wait()
        for number, place, person in mine:
            try:
                world.runs.approve(number, place, person)
            except Explained as refusal:
                refusals.append(f"RUN-{number} {place} by {person}: {refusal.happened}")

    workers = [threading.Thread(target=answer, args=(asked[each::threads],)) for each in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    stuck = list(refusals)
    for number, place in places:
        record = world.known(number).steps[place]
        if len(record.approvals) != len(ROLES) or record.state is not StepState.READY:
            stuck.append(f"RUN-{number} {place}: {record.approvals}")
        world.runs.done(number, place, "ben")
    stuck += [
        f"{run.short_name} is {run.state}"
        for run in world.runs.listed(limit=runs)
        if run.state is not RunState.DONE
    ]
    return len(asked), stuck


def main() -> int:
    """Run both proofs and say what was found."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--approvals", type=int, default=10_000)
    given.add_argument("--every", type=int, default=1, help="kill shipped runbooks at every so many steps")
    count, faults = kills()
    print(f"{count} kills: {len(faults)} lost, doubled or stuck")
    more, others = shipped_kills(given.parse_args().every)
    print(f"{more} kills of {len(shipped())} shipped runbooks: {len(others)} lost, doubled or stuck")
    faults += others
    answered, stuck = approvals(given.parse_args().approvals)
    print(f"{answered} approvals at once: {len(stuck)} stuck or refused")
    for fault in (*faults, *stuck)[:20]:
        print(f"  {fault}")
    return 1 if faults or stuck else 0


if __name__ == "__main__":
    sys.exit(main())
