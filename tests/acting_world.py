"""A small world to act on: a partner with tasks and deployments, people, collectors, a log that is sealed.

Everything runs in one thread over a store in memory, and may be killed between any two steps: what is in
memory is then gone, what was committed stays, and so does what the partner did.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

from nouns import NOON, a_checkpoint, an_exhibit, an_incident
from tocsin.domain.acting import Call, CallFailed, Outcome, Performer, Play, Seen
from tocsin.domain.action import (
    Action,
    ActionClass,
    BlastRadius,
    Declaration,
    Demand,
    Door,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Right,
    Undo,
)
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.evidence.policy import parse_evidence
from tocsin.flow.act import Act
from tocsin.flow.act_ground import ADVANCE, ALARM, LOOK, PERFORM, REVERT, Ground
from tocsin.flow.act_stopping import Stopping
from tocsin.flow.record import hold_for, note
from tocsin.response.declaring import loaded
from tocsin.store.memory import MemoryStore
from tocsin.store.vault import KeyVault
from tocsin.worker.acting import Acting, StopWatch
from tocsin.worker.kernel import Kernel, Lane, Transition

POLICY = """
before:
- {any: state-changing, keep: audit.snapshot}
- {any: [fake.scale, fake.redeploy], keep: logs.export, of: '{{ action.tasks }}'}
never: [logs.delete]
"""
COLLECT = "collect"
ROLES = {
    "ada": ("approver", "commander"),
    "dana": ("approver", "security-lead"),
    "chidi": ("approver", "legal"),
    "ben": (),
    "eve": (),
}


class Killed(BaseException):
    """The process is gone."""


class MemoryLocker:
    """An evidence locker in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, content: Any) -> tuple[str, int]:
        read = content.read()
        digest = hashlib.sha256(read).hexdigest()
        self.kept[digest] = read
        return digest, len(read)

    def open(self, digest: str) -> Any:
        return io.BytesIO(self.kept[digest])

    def digest_of(self, digest: str) -> str | None:
        return digest if digest in self.kept else None


@dataclass
class MortalStore:
    """A store whose process may be killed just before and just after a commit."""

    inner: MemoryStore
    step: Callable[[], None]

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self.inner.transaction() as shelves:
            yield shelves
            self.step()
        self.step()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self.inner.reading() as shelves:
            yield shelves


@dataclass
class Partner:
    """What is outside: how many tasks a service has, which deployments were made, what was asked."""

    tasks: list[str] = field(default_factory=lambda: ["t1", "t2"])
    count: int = 2
    deployments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changed: list[Call] = field(default_factory=list)
    asked: list[Call] = field(default_factory=list)
    on_change: Callable[[Call], None] = lambda call: None
    step: Callable[[], None] = lambda: None
    fails: Callable[[Call], CallFailed | None] = lambda call: None
    loses_answer: Callable[[Call], bool] = lambda call: False

    def call(self, call: Call) -> Any:
        self.step()
        self.asked.append(call)
        failure = self.fails(call)
        if failure is not None:
            raise failure
        if call.changes:
            self.on_change(call)
            self.changed.append(call)
        answer = getattr(self, f"_{call.operation}")(call.parameters)
        if call.changes and self.loses_answer(call):
            raise CallFailed(FailureKind.UNKNOWN, "the answer was lost")
        self.step()
        return answer

    def _list_tasks(self, asked: Mapping[str, Any]) -> list[str]:
        return list(self.tasks)

    def _get_count(self, asked: Mapping[str, Any]) -> int:
        return self.count

    def _set_count(self, asked: Mapping[str, Any]) -> None:
        self.count = asked["count"]

    def _deploy(self, asked: Mapping[str, Any]) -> None:
        self.deployments.append(asked["key"])

    def _deployments(self, asked: Mapping[str, Any]) -> list[str]:
        return list(self.deployments)

    def _post(self, asked: Mapping[str, Any]) -> None:
        self.notes.append(asked["text"])

    def _poke(self, asked: Mapping[str, Any]) -> None:
        """Change something that nobody can look up."""


def call(operation: str, sample: Any = None, *, changes: bool = False, **parameters: Any) -> Call:
    return Call(service="fake", operation=operation, parameters=parameters, changes=changes, sample=sample)


def tasks_of(arguments: Mapping[str, Any]) -> Play[Mapping[str, tuple[str, ...]]]:
    found = yield call("list_tasks", ["t1"])
    return {"tasks": tuple(found)}


def count_before(arguments: Mapping[str, Any]) -> Play[Mapping[str, Any]]:
    count = yield call("get_count", 2)
    return {"count": count}


def scale(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Outcome]:
    yield call("set_count", changes=True, count=arguments["count"], key=key)
    return Outcome(text="Scaled.", output={"was": kept["count"]} if "count" in kept else {})


def scaled(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str = "") -> Play[Seen]:
    count = yield call("get_count", 0)
    return Seen.DONE if count == arguments["count"] else Seen.NOT_DONE


def is_scaled(arguments: Mapping[str, Any], kept: Mapping[str, Any]) -> Play[bool]:
    count = yield call("get_count", 0)
    return bool(count == arguments["count"])


def unscale(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Outcome]:
    yield call("set_count", changes=True, count=kept["count"], key=key)
    return Outcome(text="Put back.")


def deploy(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Outcome]:
    yield call("deploy", changes=True, key=key)
    return Outcome(text="Deployed.")


def deployed(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Seen]:
    made = yield call("deployments", [])
    return Seen.DONE if key in made else Seen.NOT_DONE


def is_deployed(arguments: Mapping[str, Any], kept: Mapping[str, Any]) -> Play[bool]:
    made = yield call("deployments", ["k"])
    return bool(made)


def poke(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Outcome]:
    yield call("poke", changes=True, key=key)
    return Outcome(text="Poked.")


def cannot_tell(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Seen]:
    return Seen.CANNOT_TELL
    yield


def nothing_to_read(arguments: Mapping[str, Any], kept: Mapping[str, Any]) -> Play[bool]:
    return True
    yield


def post(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Outcome]:
    yield call("post", changes=True, text=arguments["text"], key=key)
    return Outcome(text="Posted.")


def declared(name: str, **given: Any) -> Declaration:
    return Declaration(
        **{
            "name": name,
            "title": "Do something",
            "action_class": ActionClass.CONTAIN,
            "parameters": (),
            "repeat": Repeat.SAME_VALUE,
            "repeat_rule": "The same value again changes nothing.",
            "undo": None,
            "no_undo": "What was done is done.",
            "residual": Residual(remains="Sessions go on", lasts=timedelta(hours=1)),
            "blast": BlastRadius(unit="service", per_run=1_000, per_hour=1_000),
            "rights": (Right(name="fake:Change", why="To change."),),
            **given,
        }
    )


COUNT = Parameter(name="count", kind=ParameterKind.NUMBER, summary="How many tasks.")
TEXT = Parameter(name="text", kind=ParameterKind.TEXT, summary="What to say.")
TOKEN = Parameter(name="token", kind=ParameterKind.TEXT, summary="A secret.", required=False, secret=True)
SCALE = Performer(
    declaration=declared(
        "fake.scale",
        parameters=(COUNT, TOKEN),
        undo=Undo(does="Puts the count back.", keeps=("count",)),
        no_undo="",
    ),
    objects=tasks_of,
    before=count_before,
    perform=scale,
    seen=scaled,
    verify=is_scaled,
    undo=unscale,
)
REDEPLOY = Performer(
    declaration=declared("fake.redeploy", action_class=ActionClass.ERADICATE, repeat=Repeat.LOOK_UP),
    objects=tasks_of,
    perform=deploy,
    seen=deployed,
    verify=is_deployed,
)
POKE = Performer(
    declaration=declared("fake.poke", repeat=Repeat.LOOK_UP),
    perform=poke,
    seen=cannot_tell,
    verify=nothing_to_read,
)
POST = Performer(
    declaration=declared("fake.post", action_class=ActionClass.NOTIFY, parameters=(TEXT,), no_undo=""),
    perform=post,
    seen=cannot_tell,
    verify=nothing_to_read,
)
DELETE = replace(POKE, declaration=declared("fake.logs.delete"))
PERFORMERS = (SCALE, REDEPLOY, POKE, POST, DELETE)


class World:
    """The chapter of actions over the partner, and all that a test does with it."""

    def __init__(
        self, step: Callable[[], None] = lambda: None, policy: str = POLICY, store: Any = None
    ) -> None:
        self.step = step
        self.clock = PushedClock(NOON)
        self.memory = store or MemoryStore()
        self.store: Store = MortalStore(self.memory, lambda: self.step())  # type: ignore[assignment]
        self.locker = MemoryLocker()
        self.partner = Partner(step=lambda: self.step())
        self.gaps: Callable[[str], str] = lambda collector: ""
        self.ended: list[tuple[str, str]] = []
        self.alarms: list[str] = []
        self.roles: Mapping[str, tuple[str, ...]] = ROLES
        self.policy = parse_evidence(policy, "evidence.yml")
        with self.memory.transaction() as shelves:
            shelves.incidents.add(an_incident(1, type="security"))
        self.incident = UUID(int=1)
        self.workers = 0
        self.act = Act(self._ground())
        self.begin_anew()

    def _ground(self) -> Ground:
        return Ground(
            store=self.store,
            clock=self.clock,
            performers=loaded(PERFORMERS),
            policy=self.policy,
            vault=KeyVault(b"k" * 32),
            locker=self.locker,
            collect=self._collect,
            may_approve=lambda person, role: role in self.roles.get(person, ()),
            ended=self._ended,
        )

    def begin_anew(self) -> None:
        """Start a worker that remembers nothing; earlier ones are gone."""
        self.workers += 1
        self.watch = StopWatch(self.store, self.clock)
        acting = Acting(self.act, lambda service: self.partner, self.watch)
        beginning = self.act.beginning
        handlers = {
            LOOK: acting.looks(),
            PERFORM: acting.performs(),
            ADVANCE: Transition(beginning.advance, hold_for),
            REVERT: Transition(self.act.revert, hold_for),
            ALARM: Transition(self._alarm),
            COLLECT: Transition(self._gather),
        }
        self.kernel = Kernel(
            self.store,
            self.clock,
            [Lane({kind: handler}, places=4) for kind, handler in handlers.items()],
            owner=f"worker-{self.workers}",
            is_gone=lambda owner: True,
        )

    @property
    def stopping(self) -> Stopping:
        return Stopping(self.act.ground)

    def run(self) -> None:
        """Do all that is due now."""
        self.watch.round()
        self.kernel.run_due()

    def push(self, seconds: float) -> None:
        """Let time pass in small steps, doing what becomes due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (due := self._next(end)) is not None:
            self.clock.push(max(due - self.clock.now(), timedelta()))
            self.run()
        self.clock.push(end - self.clock.now())
        self.run()

    def _next(self, end: datetime) -> datetime | None:
        with self.memory.reading() as shelves:
            ready = [job.run_at for job in shelves.jobs.listed(JobState.READY, 1000)]
        return min((at for at in ready if at <= end), default=None)

    def seal(self) -> None:
        """Give all waiting entries their index, and sign the log's head."""
        with self.memory.transaction() as shelves:
            shelves.log.sequence()
            size = shelves.log.size()
            last = shelves.log.last_checkpoint()
            if last is None or last.size < size:
                shelves.log.add_checkpoint(a_checkpoint(size, signed_at=self.clock.now()))

    def ready(self) -> None:
        """Collect, seal, and look again."""
        self.run()
        self.seal()
        self.push(3)

    def action(self, number: int = 1) -> Action:
        with self.memory.reading() as shelves:
            found = shelves.actions.get(number)
        assert found is not None
        return found

    def kinds(self) -> list[str]:
        with self.memory.reading() as shelves:
            return [entry.kind.value for entry in shelves.timeline.of_incident(self.incident)]

    def texts(self) -> str:
        with self.memory.reading() as shelves:
            return "\n".join(entry.text for entry in shelves.timeline.of_incident(self.incident))

    def log(self) -> str:
        """Return all that stands in the log, as text."""
        with self.memory.reading() as shelves:
            leaves = shelves.log.leaves(0, shelves.log.size())
            waiting = shelves.log.waiting_contents()
            return b"\n".join([*(leaf.content for leaf in leaves), *waiting]).decode()

    def _ended(self, shelves: Shelves, action: Action) -> None:
        self.ended.append((action.short_name, action.state.value))

    def _alarm(self, shelves: Shelves, job: Job) -> None:
        report = self.act.settling.alarm(shelves, job)
        assert report is not None
        self.alarms.append(report.annotations["summary"])

    def _collect(
        self,
        shelves: Shelves,
        incident: Incident,
        demands: Iterable[Demand],
        arguments: Mapping[str, Any],
    ) -> None:
        for demand in demands:
            args = {"incident": str(incident.incident_id), "what": json.dumps([demand.collector, demand.of])}
            key = f"{COLLECT}:{incident.incident_id}:{demand.collector}:{demand.of}"
            known = shelves.jobs.get(key)
            if known is None or known.state is not JobState.READY:
                shelves.jobs.reschedule(Job(kind=COLLECT, key=key, run_at=self.clock.now(), args=args))

    def _gather(self, shelves: Shelves, job: Job) -> None:
        collector, of = json.loads(job.args["what"])
        entry = note(shelves, Happening.EXHIBIT_KEPT, at=self.clock.now(), facts={"collector": collector})
        shelves.exhibits.add(
            an_exhibit(
                shelves.exhibits.next_number(),
                incident_id=UUID(job.args["incident"]),
                collector=collector,
                covers=collector,
                of=of,
                gap=self.gaps(collector),
                entry_id=entry,
            )
        )


def ask(
    world: World, name: str = "fake.scale", by: str = "ben", door: Door = Door.CONSOLE, **more: Any
) -> Action:
    """Ask for an action, by default to scale to nothing."""
    arguments = more.pop("arguments", {"count": 0} if name == "fake.scale" else {})
    return world.act.ask(world.incident, name, arguments, by=by, door=door, **more)


def consent(world: World, number: int = 1, person: str = "ada") -> Action:
    """Consent in the console."""
    return world.act.consenting.approve(number, person, door=Door.CONSOLE)


def do(world: World, name: str = "fake.scale", **more: Any) -> Action:
    """Ask, collect, seal, consent, perform."""
    action = ask(world, name, **more)
    world.ready()
    consent(world, action.number)
    world.run()
    return world.action(action.number)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of these in threads that begin together; return what each returned, or the refusal it got.

    Who finds the database locked for too long tries again, as callers do.
    """
    together = Barrier(len(acts))

    def done(act: Callable[[], Any]) -> Any:
        together.wait(30)
        for _ in range(20):
            try:
                return act()
            except Overloaded:
                continue
            except Explained as refusal:
                return refusal
        raise AssertionError("the database stayed locked")

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(done, acts))
