"""Random schedules of the response, killed between any two steps: nothing is contained without evidence.

`python proofs/gate.py [SCHEDULES] [--seed N]`: in each schedule actions are asked for through every door,
people and others who may not try to consent and to break the glass, consent is given in advance and revoked,
collectors finish or leave gaps, the log is sealed or not, tasks come and go, the partner fails or loses its
answer, the stop switch is set and released, and the process is killed just before and after commits and
calls. At each call that changes something a judge that shares no code with the gate looks whether it was
allowed. At the end the world is healed and every action must come to an end. Ends with 1 when one promise is
broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from acting_world import Killed, World
from tocsin.audit.leaf import decode
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.action import Action, ActionState, Door, StandingApproval
from tocsin.domain.errors import Explained
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.shelves import Shelves

DOORS = (Door.CONSOLE, Door.API, Door.CLI, Door.RUNBOOK, Door.TEAMMATE, Door.STANDING)
PROPOSERS = ("ben", "ada", "cli:ada", "token:ci", "tocsin", "teammate:sre")
ANYBODY = ("ada", "dana", "chidi", "ben", "eve", "token:ci", "teammate:sre", "cli:dana")
WANTED = (
    ("fake.scale", {"count": 0}),
    ("fake.scale", {"count": 1}),
    ("fake.redeploy", {}),
    ("fake.poke", {}),
    ("fake.post", {"text": "Hello"}),
    ("fake.logs.delete", {}),
)
CONTAINMENTS = frozenset({"fake.scale", "fake.redeploy", "fake.poke", "fake.logs.delete"})
OBJECTS_OF = frozenset({"fake.scale", "fake.redeploy"})
STOP_SEEN_WITHIN = timedelta(seconds=2)
KILL = 0.03
STEPS = 40


class Judge:
    """Looks at each changing call as an outsider would: at the store, the log and the partner."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.broken: list[str] = []
        self.stopped_at: datetime | None = None
        self.calls: Counter[tuple[str, str]] = Counter()
        self.containments = 0
        self.broke_glass = 0
        self.standing = 0

    def look(self, call: Call) -> None:
        """Judge one call that is about to change something."""
        key = str(call.parameters.get("key", ""))
        with self.world.memory.reading() as shelves:
            action = shelves.actions.by_id(UUID(key))
            if action is None:
                self.broken.append(f"{call.operation} was called for no action")
                return
            self._look(shelves, action, call)

    def _look(self, shelves: Shelves, action: Action, call: Call) -> None:
        self.calls[(action.short_name, action.name)] += 1
        if action.state is not ActionState.BEGUN:
            self.broken.append(f"{action.short_name} is {action.state} while it is performed")
        kinds = {entry.kind for entry in entries(shelves) if entry.facts.get("action") == action.short_name}
        if "action.begun" not in kinds:
            self.broken.append(f"{action.short_name} was called before its intent was in the log")
        if action.name in CONTAINMENTS:
            self.containments += 1
            self._judge_evidence(shelves, action)
            self._judge_people(shelves, action)
        if action.name == "fake.logs.delete":
            self.broken.append("what is never done was done")
        now = self.world.clock.now()
        if self.stopped_at is not None and now - self.stopped_at > STOP_SEEN_WITHIN:
            self.broken.append(f"{action.short_name} was called {now - self.stopped_at} after the stop")

    def _judge_evidence(self, shelves: Shelves, action: Action) -> None:
        needed = [("audit.snapshot", "")]
        if action.name in OBJECTS_OF:
            needed += [("logs.export", task) for task in action.objects["tasks"]]
        second = self._has_second(shelves, action)
        lacking = [each for each in needed if not self._is_kept(shelves, action, each, second=second)]
        if not lacking:
            return
        said = [entry for entry in entries(shelves) if entry.kind == "action.broke_glass"]
        logged = [each for each in said if each.facts["action"] == action.short_name]
        people = set(logged[-1].facts["people"].split(", ")) if logged else set()
        if len({each for each in people if self.world.roles.get(each)}) < 2:
            self.broken.append(
                f"{action.short_name} ({action.name}) lacked {lacking} and nobody broke the glass"
            )
        self.broke_glass += 1

    @staticmethod
    def _has_second(shelves: Shelves, action: Action) -> bool:
        """Two others, by the log, let a gap count; behind a token may be one of those who consent."""
        said = [entry for entry in entries(shelves) if entry.kind == "action.approved"]
        people = {
            entry.actor
            for entry in said
            if entry.facts["action"] == action.short_name
            and entry.facts["digest"] == action.digest
            and "standing" not in entry.facts
        }
        return len(people - {person(action)}) >= (3 if action.proposed_by.startswith("token:") else 2)

    @staticmethod
    def _is_kept(shelves: Shelves, action: Action, needed: tuple[str, str], *, second: bool) -> bool:
        collector, of = needed
        last = shelves.log.last_checkpoint()
        size = last.size if last else 0

        def is_sealed(exhibit: Exhibit) -> bool:
            index = shelves.log.index_of(exhibit.entry_id) if exhibit.entry_id else None
            return index is not None and index < size

        return any(
            each.collector == collector
            and (not of or each.of == of)
            and is_sealed(each)
            and (second or not each.gap)
            for each in shelves.exhibits.of_incident(action.incident_id)
        )

    def _judge_people(self, shelves: Shelves, action: Action) -> None:
        if action.door is Door.TIMER:
            return
        said = [entry for entry in entries(shelves) if entry.kind == "action.approved"]
        ours = [entry for entry in said if entry.facts["action"] == action.short_name]
        bound = {entry.actor for entry in ours if entry.facts["digest"] == action.digest}
        people = {each.person for each in action.approvals if each.standing is None} & bound
        for each in (each.standing for each in action.approvals if each.standing is not None):
            given = shelves.actions.standing(each)
            is_live = given is not None and given.revoked_at is None and given.action == action.name
            if not is_live or str(each) not in {entry.facts.get("standing") for entry in ours}:
                self.broken.append(f"{action.short_name} used standing approval {each}, which does not stand")
            people |= {given.person} if given else set()
            self.standing += 1
        people = {each for each in people - {person(action)} if self.world.roles.get(each)}
        if len(people) < len(action.approvers) or not people:
            self.broken.append(f"{action.short_name} had the consent of {sorted(people)} alone")


def person(action: Action) -> str:
    """Return who proposed it."""
    return action.proposed_by.removeprefix("cli:")


def entries(shelves: Shelves) -> list:
    """Return every entry of the log, those that wait for their index too."""
    leaves = [leaf.content for leaf in shelves.log.leaves(0, shelves.log.size())]
    return [decode(content) for content in (*leaves, *shelves.log.waiting_contents())]


class Schedule:
    """One random schedule. `kill_at` kills at that very step, once; None kills at random."""

    def __init__(self, seed: int, *, kill_at: int | None = None, steps: int = STEPS) -> None:
        self.rng = random.Random(seed)
        self.kill_at = kill_at
        self.steps = steps
        self.seals_late = self.rng.random() < 0.5
        self.at = 0
        self.is_healed = False
        self.kills = 0
        self.world = World(self._step)
        self.judge = Judge(self.world)
        self.world.partner.on_change = self.judge.look
        self.world.partner.fails = self._failure
        self.world.partner.loses_answer = lambda call: not self.is_healed and self._by_chance(0.1)
        self.world.gaps = lambda collector: "It hung." if not self.is_healed and self._by_chance(0.15) else ""
        self.done: Counter[str] = Counter()

    def run(self) -> list[str]:
        """Go through the schedule, heal the world, and return every promise that was broken."""
        for _ in range(self.steps):
            self._mortal(self.rng.choice(self._rules()))
        self._heal()
        self._judge_ends()
        return self.judge.broken

    def _rules(self) -> Sequence[Callable[[], None]]:
        return (
            *(self._propose,) * 4,
            *(self.world.run,) * 6,
            *(self._consent,) * 6,
            *(self.world.seal,) * (1 if self.seals_late else 4),
            *(self._pass,) * 4,
            *(self._break,) * (5 if self.seals_late else 1),
            self._undo,
            self._withdraw,
            self._stand,
            self._revoke,
            self._stop,
            self._start,
            self._other_tasks,
        )

    def _mortal(self, rule: Callable[[], None]) -> None:
        try:
            rule()
        except Explained as refusal:
            self.done[refusal.code] += 1
        except Killed:
            self.kills += 1
            self._again()

    def _again(self) -> None:
        """Another process takes over; it may be killed while it starts."""
        self.world.clock.push(timedelta(seconds=1))
        self.world.begin_anew()

    def _step(self) -> None:
        self.at += 1
        if self.is_healed:
            return
        if self.kill_at is not None:
            if self.at == self.kill_at:
                raise Killed
        elif self._by_chance(KILL):
            raise Killed

    def _by_chance(self, likely: float) -> bool:
        return self.rng.random() < likely

    def _failure(self, call: Call) -> CallFailed | None:
        if self.is_healed or not self._by_chance(0.08):
            return None
        kind = self.rng.choice((FailureKind.RETRY_LATER, FailureKind.RETRY_LATER, FailureKind.REFUSED))
        return CallFailed(kind, "the partner is busy")

    def _propose(self) -> None:
        name, arguments = self.rng.choice(WANTED)
        after = timedelta(minutes=5) if name == "fake.scale" and self._by_chance(0.4) else None
        approvers = self.rng.choice(((), (), ("approver",), ("approver", "legal"), ("security-lead",)))
        self.world.act.ask(
            self.world.incident,
            name,
            arguments,
            by=self.rng.choice(PROPOSERS),
            door=self.rng.choice(DOORS),
            revert_after=after,
            approvers=approvers,
        )
        self.done["proposed"] += 1

    def _some(self) -> int:
        with self.world.memory.reading() as shelves:
            numbers = [each.number for each in shelves.actions.listed(limit=1000)]
        return self.rng.choice(numbers or [1])

    def _consent(self) -> None:
        door = Door.CONSOLE if self._by_chance(0.8) else self.rng.choice(DOORS)
        self.world.act.consenting.approve(self._some(), self.rng.choice(ANYBODY), door=door)
        self.done["consented"] += 1

    def _break(self) -> None:
        door = Door.CONSOLE if self._by_chance(0.8) else self.rng.choice(DOORS)
        reason = self.rng.choice(("Live harm.", "Live harm.", ""))
        who = self.rng.choice(ANYBODY)
        self.world.act.consenting.break_glass(self._some(), who, door=door, reason=reason)

    def _undo(self) -> None:
        self.world.act.undo(self._some(), by=self.rng.choice(PROPOSERS), door=self.rng.choice(DOORS))

    def _withdraw(self) -> None:
        self.world.act.withdraw(self._some(), "ben")

    def _stand(self) -> None:
        now = self.world.clock.now()
        self.world.stopping.give(
            StandingApproval(
                number=0,
                person=self.rng.choice(ANYBODY),
                action="fake.scale",
                bounds={"count": ("0",)},
                trigger=self.rng.choice(((), ("security",), ("drift",))),
                per_hour=self.rng.choice((1, 5)),
                given_at=now,
                expires_at=now + timedelta(minutes=self.rng.choice((1, 60))),
            )
        )

    def _revoke(self) -> None:
        self.world.stopping.revoke(self.rng.choice((1, 2)), "ada")

    def _stop(self) -> None:
        was = self.judge.stopped_at
        self.world.stopping.stop("ada", "It runs wild.", "everything")
        self.judge.stopped_at = was or self.world.clock.now()

    def _start(self) -> None:
        # From here on a call may be right, whether the switch was released before the kill or not.
        self.judge.stopped_at = None
        self.world.stopping.start("ada", "everything")

    def _other_tasks(self) -> None:
        self.world.partner.tasks = [f"t{self.rng.randint(1, 9)}" for _ in range(self.rng.randint(0, 3))]

    def _pass(self) -> None:
        self.world.push(self.rng.choice((0.5, 1, 3, 20, 60)))

    def _heal(self) -> None:
        """From now on nothing fails, everybody consents, and time passes."""
        self.is_healed = True
        self._again()
        self._mortal(self._start)
        for _ in range(6):
            self.world.run()
            self.world.seal()
            self.world.push(6)
            self._everybody_consents()
        self.world.push(600)
        for _ in range(4):
            self.world.seal()
            self.world.push(6)
            self._everybody_consents()

    def _everybody_consents(self) -> None:
        with self.world.memory.reading() as shelves:
            waiting = [each.number for each in shelves.actions.listed((ActionState.PROPOSED,), 1000)]
        for number in waiting:
            for who in ("ada", "dana", "chidi"):
                self._mortal(
                    lambda number=number, who=who: self.world.act.consenting.approve(  # type: ignore[misc]
                        number, who, door=Door.CONSOLE
                    )
                )

    def _judge_ends(self) -> None:
        with self.world.memory.reading() as shelves:
            actions = shelves.actions.listed(limit=1000)
        for each in actions:
            self.done[each.state.value] += 1
            if each.state in (ActionState.BEGUN, ActionState.PROPOSED) and not self._may_wait(each):
                waits = self.world.act.waits(each.number)[1]
                self.judge.broken.append(
                    f"{each.short_name} ({each.name}) is stuck: {each.state} {waits.words if waits else ''}"
                )
        for (short_name, name), count in self.judge.calls.items():
            # The same count may be set again, which changes nothing; a deployment and a poke may not.
            if count > 1 and name != "fake.scale":
                self.judge.broken.append(f"{short_name} ({name}) was called {count} times")

    def _may_wait(self, action: Action) -> bool:
        """The one lawyer and the one security lead cannot be the second person of what they proposed."""
        who = person(action)
        alone = {"legal": "chidi", "security-lead": "dana"}
        return action.state is ActionState.PROPOSED and any(
            alone.get(role) == who for role in action.approvers
        )


def sweep(seed: int, steps: int = 12) -> list[str]:
    """Go through one short schedule again and again, killed at each of its steps in turn."""
    calm = Schedule(seed, kill_at=0, steps=steps)
    broken = calm.run()
    for step in range(1, calm.at + 1):
        broken += Schedule(seed, kill_at=step, steps=steps).run()
    return broken


def main() -> int:
    """Run the schedules and print what they did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("schedules", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    began, done = time.monotonic(), Counter[str]()
    kills, calls, glass, standing = 0, 0, 0, 0
    broken: list[tuple[int, str]] = []
    for seed in range(args.seed, args.seed + args.schedules):
        schedule = Schedule(seed)
        broken += [(seed, each) for each in schedule.run()]
        done += schedule.done
        kills += schedule.kills
        calls += schedule.judge.containments
        glass += schedule.judge.broke_glass
        standing += schedule.judge.standing
    sweeps = range(args.seed, args.seed + args.schedules // 500)
    broken += [(seed, each) for seed in sweeps for each in sweep(seed)]
    print(f"{len(sweeps)} short schedules killed at each of their steps in turn")
    print(f"{args.schedules} schedules in {time.monotonic() - began:.0f} s, {kills} kills")
    print(f"{calls} containing calls, {glass} of them by broken glass, {standing} by consent in advance")
    print(f"broken promises: {len(broken)}")
    print(", ".join(f"{name} {count}" for name, count in sorted(done.items())))
    for seed, each in broken[:20]:
        print(f"  seed {seed}: {each}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
