"""Actions at work: what they touch is looked at, they are performed, and what came of it is handed over."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.acting import Call, Caller, CallFailed, Outcome, Performer, Play, PutBack, Seen
from tocsin.domain.action import ActionClass
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.fence import check_hold
from tocsin.domain.job import Job
from tocsin.domain.playing import PlayEndless, drive
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.keeping import EvidenceLocker, Vault
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.act import Act
from tocsin.flow.act_beginning import LookedAt, LookFailed, Looking
from tocsin.flow.act_performing import Done, Failed, Performing
from tocsin.flow.act_waits import STOP
from tocsin.flow.take import Take
from tocsin.response import stops
from tocsin.response.executing import Next, after_look
from tocsin.response.stops import Stop
from tocsin.worker.kernel import Effect, Transition

Callers = Callable[[str], Caller]
SEEN_EVERY_S = 0.5
SEEN_LATELY = timedelta(seconds=1)
"""A look at the stop switch that is older is none."""
ALREADY = "An earlier attempt had done it already."


class Stopped(Exception):
    """The stop switch was set while an action was under way; no further call of it starts."""


class OutOfTime(Exception):
    """An action took longer than it declares; no further call of it starts."""


@dataclass(slots=True)
class StopWatch:
    """Sees the stop switch twice a second, so that calls in other threads need not ask the store.

    Before it has looked for the first time, or where it could not look of late, a call asks the store itself:
    a process that was started again, or whose loop hangs, does not go on as if nothing were stopped.
    """

    store: Store
    clock: Clock
    _stops: tuple[Stop, ...] = ()
    _seen_at: datetime | None = None

    def round(self) -> float:
        """Look once; return how long to rest, in seconds."""
        now = self.clock.now()
        with self.store.reading() as shelves:
            self._stops = stops.read(shelves.marks.all(STOP))
        self._seen_at = now
        return SEEN_EVERY_S

    def demand_running(self, service: str, runbook: str, action_class: ActionClass) -> None:
        """Raise `Stopped` where the switch is set, `Overloaded` where that cannot be read."""
        if self._seen_at is None or self.clock.now() - self._seen_at > SEEN_LATELY:
            self.round()
        stop = stops.in_force(self._stops, service, runbook, action_class)
        if stop is not None:
            raise Stopped(f"{stop.by} stopped {stop.scope}: {stop.reason}")


@dataclass(slots=True)
class Ledger:
    """Finds who makes each call, lets no forbidden one through, and writes down what was called.

    `may_change` is False while only to read; then a call that changes something is a fault of its connector.
    """

    callers: Callers
    demand: Callable[[], None]
    may_change: bool = True
    lines: list[str] = field(default_factory=list)
    has_changed: bool = False

    def of(self, service: str) -> Caller:
        """Return who makes the calls of a service, watched."""
        return _Watched(self, self.callers(service))

    def made(self, call: Call, how: str) -> None:
        """Write down a call: never its parameters, which may be secret."""
        self.lines.append(f"{call.service} {call.operation}{' (changes)' if call.changes else ''}: {how}")


@dataclass(frozen=True, slots=True)
class _Watched:
    ledger: Ledger
    caller: Caller

    def call(self, call: Call) -> Any:
        ledger = self.ledger
        if call.changes:
            if not ledger.may_change:
                raise CallFailed(FailureKind.MISCONFIGURED, "a call that changes, where it may only read")
            ledger.demand()
            check_hold()
        try:
            answer = self.caller.call(call)
        except CallFailed as failed:
            if call.changes and failed.kind is FailureKind.UNKNOWN:
                ledger.has_changed = True
            ledger.made(call, f"{failed.kind}, {failed.reason}")
            raise
        if call.changes:
            ledger.has_changed = True
        ledger.made(call, "done")
        return answer


@dataclass(frozen=True, slots=True)
class Acting:
    """The effects behind actions. Each may be repeated: a second attempt first looks what was done."""

    act: Act
    callers: Callers
    watch: StopWatch

    def look(self, looking: Looking | LookFailed | None) -> LookedAt | LookFailed | None:
        """Read what an action touches, and keep, sealed, what its undo needs. Changes nothing."""
        if looking is None or isinstance(looking, LookFailed):
            return looking
        ledger = Ledger(self.callers, _go_on, may_change=False)
        performer, arguments = looking.performer, looking.arguments
        try:
            objects = drive(performer.objects(arguments), ledger.of)
            kept = looking.kept or self._keep(drive(performer.before(arguments), ledger.of))
        except CallFailed as failed:
            return LookFailed(kind=failed.kind, reason=failed.reason)
        except Overloaded:
            raise
        except (Explained, PlayEndless) as fault:
            return LookFailed(kind=FailureKind.MISCONFIGURED, reason=str(fault))
        named = {name: tuple(str(each) for each in found) for name, found in objects.items()}
        return LookedAt(objects=named, kept=kept)

    def perform(self, asked: Performing | Failed | None) -> Done | Failed | None:
        """Do what has begun, once, and read back what it did."""
        if asked is None or isinstance(asked, Failed):
            return asked
        ledger = Ledger(self.callers, self._limits(asked))
        try:
            kept = opened(self._locker, self._vault, asked.kept)
            outcome = _undone(asked, kept, ledger) if asked.is_undo else _performed(asked, kept, ledger)
        except PutBack as failed:
            calls = tuple(ledger.lines)
            return Failed(kind=failed.kind, reason=failed.reason, may_have_changed=False, calls=calls)
        except CallFailed as failed:
            return self._failed(asked, ledger, failed.kind, failed.reason)
        except (Stopped, OutOfTime) as halted:
            return self._failed(asked, ledger, FailureKind.REFUSED, str(halted))
        except Overloaded:
            raise
        except (Explained, PlayEndless) as fault:
            return self._failed(asked, ledger, FailureKind.MISCONFIGURED, str(fault))
        if outcome is None:
            reason = "an earlier attempt may have done it, and the partner cannot tell"
            return self._failed(asked, ledger, FailureKind.UNKNOWN, reason)
        verified = self._verified(asked, kept, ledger)
        return Done(outcome=outcome, verified=verified, calls=tuple(ledger.lines))

    def settle_look(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Hand over what a look found."""
        found = outcome if isinstance(outcome, LookedAt | LookFailed) else None
        self.act.beginning.settle_look(shelves, job, found)

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Hand over what came of an action."""
        found = outcome if isinstance(outcome, Done | Failed) else None
        self.act.settling.settle(shelves, job, found)

    def looks(self) -> Effect:
        """Return the handler of looks for the kernel."""
        beginning = self.act.beginning
        return Effect(self.look, self.settle_look, beginning.look_given_up, prepare=beginning.looking)

    def performs(self) -> Effect:
        """Return the handler of what has begun, for the kernel."""
        settling = self.act.settling
        return Effect(self.perform, self.settle, settling.given_up, prepare=settling.performing)

    @property
    def _locker(self) -> EvidenceLocker:
        return self.act.ground.locker

    @property
    def _vault(self) -> Vault:
        return self.act.ground.vault

    def _keep(self, kept: Mapping[str, Any]) -> str:
        sealed = self._vault.seal(_canonical(kept))
        digest, _ = self._locker.keep(io.BytesIO(sealed))
        return digest

    def _limits(self, asked: Performing) -> Callable[[], None]:
        clock, declaration = self.act.ground.clock, asked.performer.declaration
        ends_at = clock.now() + timedelta(seconds=declaration.time_limit_s)
        action_class = asked.action.action_class

        def demand() -> None:
            self.watch.demand_running(declaration.service, asked.runbook, action_class)
            _demand_time(clock, ends_at, declaration.time_limit_s)

        return demand

    def _verified(self, asked: Performing, kept: Mapping[str, Any], ledger: Ledger) -> bool | None:
        """Read back whether the world is as it should be; None where that cannot be read."""
        ledger.may_change = False
        try:
            if asked.is_undo and _is_put_back(asked, kept, ledger):
                return True
            holds = drive(asked.performer.verify(asked.arguments, kept), ledger.of)
        except (CallFailed, Explained, PlayEndless):
            return None
        return None if holds is None else holds != asked.is_undo

    @staticmethod
    def _failed(asked: Performing, ledger: Ledger, kind: FailureKind, reason: str) -> Failed:
        # Of an earlier attempt nobody knows here how far it came.
        may_have_changed = ledger.has_changed or asked.is_repeat
        return Failed(kind=kind, reason=reason, may_have_changed=may_have_changed, calls=tuple(ledger.lines))


def alarms(act: Act, take: Take) -> Transition:
    """Return the handler that calls people for an action which nobody can leave as it is."""

    def run(shelves: Shelves, job: Job) -> None:
        report = act.settling.alarm(shelves, job)
        if report is not None:
            take.own(shelves, [report])

    return Transition(run)


def opened(locker: EvidenceLocker, vault: Vault, digest: str) -> Mapping[str, Any]:
    """Return what was kept before an action. Raises `NotFound`."""
    with locker.open(digest) as sealed:
        kept: Mapping[str, Any] = json.loads(vault.unseal(sealed.read()))
    return kept


def _performed(asked: Performing, kept: Mapping[str, Any], ledger: Ledger) -> Outcome | None:
    """Perform; after an earlier attempt only if that did nothing. None where nobody can tell."""
    key = str(asked.action.action_id)
    performer: Performer = asked.performer
    if asked.is_repeat:
        seen: Play[Seen] = performer.seen(asked.arguments, kept, key)
        following = after_look(_reading(ledger, seen))
        if following is not Next.PERFORM:
            return Outcome(text=ALREADY) if following is Next.DONE else None
    return drive(performer.perform(asked.arguments, kept, key), ledger.of)


def _undone(asked: Performing, kept: Mapping[str, Any], ledger: Ledger) -> Outcome | None:
    """Put back what was kept; after an earlier attempt only if it is not there already."""
    undo = asked.performer.undo
    if undo is None:
        raise CallFailed(FailureKind.MISCONFIGURED, "its connector has no undo any more")
    if asked.is_repeat and _is_put_back(asked, kept, ledger):
        return Outcome(text=ALREADY)
    return drive(undo(asked.arguments, kept, str(asked.action.action_id)), ledger.of)


def _is_put_back(asked: Performing, kept: Mapping[str, Any], ledger: Ledger) -> bool:
    now_there = _reading(ledger, asked.performer.before(asked.arguments))
    return _canonical(now_there) == _canonical(kept)


def _reading(ledger: Ledger, play: Play[Any]) -> Any:
    """Go through a play that may only read."""
    before, ledger.may_change = ledger.may_change, False
    try:
        return drive(play, ledger.of)
    finally:
        ledger.may_change = before


def _canonical(kept: Mapping[str, Any]) -> bytes:
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), default=str).encode()


def _go_on() -> None:
    """Nothing holds a look back: it changes nothing."""


def _demand_time(clock: Clock, ends_at: datetime, seconds: float) -> None:
    if clock.now() > ends_at:
        raise OutOfTime(f"it took longer than {seconds:g} s")
