"""Decide what comes next in a run: which steps are ready, what they ask for, what is late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.action import ActionState
from tocsin.domain.expressions import ExpressionWrong, ages_in, holds, names_in, parse, render
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.domain.runbook import Called, Node, Parallel, Repeat, Runbook, Step
from tocsin.domain.timeline import Happening
from tocsin.runbooks.scope import Facts, Scope, names_for

TOCSIN = "tocsin"
DEEPEST = 8
"""Runbooks that call each other deeper than this call each other in a circle."""
SHORTEST_ROUND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
"""The shortest time there is: a step is late from the first tick after it was due."""
HELD_BACK = "The incident is resolved: nothing is contained any more unless it is opened again."
"""The reason of a step whose containment is not asked for; those after it go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action that a step asks for now, its arguments filled in.

    `approvers` are the step's; `forbid` is what its runbook and those that called it forbid.
    """

    place: str
    action: str
    arguments: Mapping[str, Any]
    approvers: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    revert_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collector that a step starts now."""

    place: str
    collector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing to write down about a step (place empty: about the run)."""

    place: str
    kind: Happening
    text: str
    by: str = TOCSIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """A run after a decision, and what is to be done about it.

    `missed` are the places of steps that are late since now. `wake_at` is when to look again though nothing
    happens.
    """

    run: Run
    told: tuple[Told, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    collections: tuple[Collection, ...] = ()
    missed: tuple[str, ...] = ()
    wake_at: datetime | None = None


def advance(book: Runbook, run: Run, facts: Facts, now: datetime) -> Advanced:
    """Go as far as the facts allow. Asking again with the same facts changes nothing but what time brings.

    An action of a step is proposed once the one before it is done; whoever proposes it says so with
    `proposed` or `refused` before asking again.
    """
    if run.state is not RunState.RUNNING:
        return Advanced(run=run)
    walk = _Walk(facts=facts, now=now, records=dict(run.steps))
    is_through = walk.nodes(book.nodes, Scope(book=book, forbid=book.forbid), reached=True)
    is_over = is_through and not walk.held
    run = replace(run, steps=walk.records)
    if is_over:
        run = replace(run, state=RunState.DONE, ended_at=now, ended_by=TOCSIN)
        walk.told.append(Told(place="", kind=Happening.RUN_ENDED, text="Every step is done."))
    return Advanced(
        run=run,
        told=tuple(walk.told),
        proposals=tuple(walk.proposals),
        collections=tuple(walk.collections),
        missed=tuple(walk.missed),
        wake_at=None if is_over else min(walk.wakes, default=None),
    )


def proposed(run: Run, place: str, number: int) -> Run:
    """Return the run after an action that a step asked for was put down as `ACT-number`."""
    record = run.steps[place]
    return _with(run, replace(record, actions=(*record.actions, number)))


def refused(run: Run, place: str, reason: str) -> tuple[Run, Told]:
    """Return the run after an action that a step asked for was refused: the step has failed."""
    failed = replace(run.steps[place], state=StepState.FAILED, reason=reason)
    return _with(run, failed), Told(place=place, kind=Happening.STEP_FAILED, text=reason)


def missing_approvals(step: Step, record: StepRecord) -> tuple[str, ...]:
    """Return the roles that have not consented to a step yet."""
    given = {approval.partition(":")[0] for approval in record.approvals}
    return tuple(role for role in approvers_of(step, record) if role not in given)


def approvers_of(step: Step, record: StepRecord) -> tuple[str, ...]:
    """Return the roles that must consent: those of the runbook, or others that were named for this run."""
    return step.approve if record.approvers is None else record.approvers


def is_approved_as_actions(step: Step, containments: frozenset[str]) -> bool:
    """Say whether the consent to a step is given to its containments, each with its exact arguments.

    Else it is given to the step, before anything of it is done.
    """
    return any(each.action in containments for each in step.actions)


def unanswered(step: Step, record: StepRecord) -> tuple[str, ...]:
    """Return the names of the answers that a step still waits for."""
    return tuple(ask.name for ask in step.asks if ask.name not in record.answers)


def _with(run: Run, record: StepRecord) -> Run:
    return replace(run, steps={**run.steps, record.place: record})


@dataclass(slots=True)
class _Walk:
    """One look over a run, in the order of its runbook."""

    facts: Facts
    now: datetime
    records: dict[str, StepRecord]
    told: list[Told] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wakes: list[datetime] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def nodes(self, nodes: Sequence[Node], scope: Scope, *, reached: bool) -> bool:
        """Go through nodes one after the other; say whether all are over, or held back."""
        for node in nodes:
            reached = self._node(node, scope, reached=reached) and reached
        return reached

    def _node(self, node: Node, scope: Scope, *, reached: bool) -> bool:
        match node:
            case Step():
                return self._step(node, scope, reached=reached)
            case Parallel(branches=branches):
                return all([self.nodes(branch, scope, reached=reached) for branch in branches])
            case Repeat():
                return reached and self._repeat(node, scope)
            case _:
                return reached and self._call(node, scope)

    def _step(self, step: Step, scope: Scope, *, reached: bool) -> bool:
        place = scope.prefix + step.step_id
        record = self.records.get(place) or StepRecord(
            place=place, state=StepState.WAITING, due_at=self._by(step)
        )
        if reached and record.state is StepState.WAITING:
            record = self._reached(record, step.condition, scope)
            if record.state is StepState.READY:
                record = self._ready(step, record)
        if record.state is StepState.READY:
            record = self._go_on(step, record, scope)
        self.records[place] = self._timed(record)
        return record.state.is_over or place in self.held

    def _by(self, step: Step) -> datetime | None:
        return None if step.by is None else self.facts.incident.opened_at + step.by

    def _reached(self, record: StepRecord, condition: str, scope: Scope) -> StepRecord:
        """What stands before it is over: its condition says whether it is ready, or when to ask again."""
        if not condition:
            return replace(record, state=StepState.READY, ready_at=self.now)
        try:
            asked = parse(condition)
        except ExpressionWrong as wrong:
            return self._failed(record, f"Its condition cannot be read: {wrong}")
        if self._speaks_of_held(names_in(asked), scope):
            self.held.append(record.place)
            return record
        if holds(asked, self._names(scope)):
            return replace(record, state=StepState.READY, ready_at=self.now)
        again = self._turn(ages_in(asked))
        if again is not None:
            self.wakes.append(again)
            return record
        reason = f"Its condition does not hold: {condition}"
        self.told.append(Told(place=record.place, kind=Happening.STEP_NOT_APPLICABLE, text=reason))
        return replace(
            record, state=StepState.NOT_APPLICABLE, done_at=self.now, done_by=TOCSIN, reason=reason
        )

    def _speaks_of_held(self, names: frozenset[str], scope: Scope) -> bool:
        """Say whether an answer is still to come from a step that is held back."""
        held = {place.removeprefix(scope.prefix) for place in self.held}
        return any(name.partition(".")[0] in held for name in names)

    def _turn(self, ages: Sequence[timedelta]) -> datetime | None:
        """Return the next instant at which the incident reaches one of these ages."""
        turns = (self.facts.incident.opened_at + age for age in ages)
        return min((turn for turn in turns if turn > self.now), default=None)

    def _ready(self, step: Step, record: StepRecord) -> StepRecord:
        dues = [] if record.due_at is None else [record.due_at]
        dues += [] if step.within is None else [self.now + step.within]
        record = replace(record, due_at=min(dues, default=None))
        until = f" It is due at {record.due_at:%Y-%m-%d %H:%M:%S} UTC." if record.due_at else ""
        self.told.append(Told(place=record.place, kind=Happening.STEP_READY, text=f"{step.do}{until}"))
        self.collections += [Collection(place=record.place, collector=each) for each in step.keep]
        return record

    def _go_on(self, step: Step, record: StepRecord, scope: Scope) -> StepRecord:
        by_action = is_approved_as_actions(step, self.facts.containments)
        if missing_approvals(step, record) and not by_action:
            return record
        record = self._acted(step, record, scope)
        if record.state is not StepState.READY or len(record.actions) < len(step.actions):
            return record
        if any(not self._is_done(number) for number in record.actions):
            return record
        is_by_itself = bool(step.actions or step.keep or step.asks)
        if not is_by_itself or unanswered(step, record) or not self.facts.kept.issuperset(step.keep):
            return record
        self.told.append(Told(place=record.place, kind=Happening.STEP_DONE, text=step.do))
        return replace(record, state=StepState.DONE, done_at=self.now, done_by=TOCSIN)

    def _acted(self, step: Step, record: StepRecord, scope: Scope) -> StepRecord:
        """Take in what came of the step's actions so far; ask for the next one if all are done."""
        actions = [self.facts.actions[number] for number in record.actions]
        output = {name: value for action in actions for name, value in action.output.items()}
        record = replace(record, output=output)
        for action in actions:
            if not action.state.is_open and not self._is_done(action.number):
                said = f"{action.short_name} ({action.name}) is {action.state}"
                return self._failed(record, f"{said}: {action.outcome}" if action.outcome else f"{said}.")
        if len(actions) < len(step.actions) and all(self._is_done(each.number) for each in actions):
            return self._asked_or_held(step, record, scope)
        return record

    def _asked_or_held(self, step: Step, record: StepRecord, scope: Scope) -> StepRecord:
        """Ask for the next action, but for no containment in an incident that is over."""
        following = step.actions[len(record.actions)]
        if following.action not in self.facts.containments or self.facts.incident.status.is_active:
            reason = "" if record.reason == HELD_BACK else record.reason
            return self._asked(step, replace(record, reason=reason), scope)
        self.held.append(record.place)
        if record.reason != HELD_BACK:
            text = f"{HELD_BACK} It would have asked for {following.action}."
            self.told.append(Told(place=record.place, kind=Happening.NOTE, text=text))
        return replace(record, reason=HELD_BACK)

    def _is_done(self, number: int) -> bool:
        return self.facts.actions[number].state in (ActionState.DONE, ActionState.UNDONE)

    def _asked(self, step: Step, record: StepRecord, scope: Scope) -> StepRecord:
        following = step.actions[len(record.actions)]
        if following.action in scope.forbid:
            return self._failed(record, f"The runbook forbids {following.action}.")
        try:
            arguments = render(following.arguments, self._names(scope))
        except ExpressionWrong as wrong:
            return self._failed(record, f"The arguments of {following.action} cannot be read: {wrong}")
        is_containment = following.action in self.facts.containments
        self.proposals.append(
            Proposal(
                place=record.place,
                action=following.action,
                arguments=arguments,
                approvers=approvers_of(step, record) if is_containment else (),
                forbid=scope.forbid,
                revert_after=following.revert_after,
            )
        )
        return record

    def _failed(self, record: StepRecord, reason: str) -> StepRecord:
        self.told.append(Told(place=record.place, kind=Happening.STEP_FAILED, text=reason))
        return replace(record, state=StepState.FAILED, reason=reason)

    def _timed(self, record: StepRecord) -> StepRecord:
        """A step that is late is said to be, once; it goes on all the same."""
        if record.state.is_over or record.due_at is None or record.missed_at is not None:
            return record
        if record.place in self.held:
            return record
        if record.due_at >= self.now:
            self.wakes.append(record.due_at + TICK)
            return record
        text = f"It was due at {record.due_at:%Y-%m-%d %H:%M:%S} UTC and is not done."
        self.told.append(Told(place=record.place, kind=Happening.STEP_MISSED, text=text))
        self.missed.append(record.place)
        return replace(record, missed_at=record.due_at)

    def _repeat(self, repeat: Repeat, scope: Scope) -> bool:
        place = scope.prefix + repeat.repeat_id
        record = self.records.get(place) or StepRecord(
            place=place, state=StepState.READY, ready_at=self.now, output=_round(1, self.now)
        )
        while record.state is StepState.READY:
            self.records[place] = record
            number = int(record.output["round"])
            inner = scope.in_round(place, number)
            if not self.nodes(repeat.nodes, inner, reached=True):
                return False
            if self._holds_below(inner.prefix):
                return True
            before, record = record, self._after_round(repeat, record, scope)
            if record == before:
                return False
        self.records[place] = record
        return record.state.is_over

    def _after_round(self, repeat: Repeat, record: StepRecord, scope: Scope) -> StepRecord:
        try:
            until = parse(repeat.until)
        except ExpressionWrong as wrong:
            return self._failed(record, f"Until when it is repeated cannot be read: {wrong}")
        if holds(until, self._names(scope)):
            text = f"It was repeated until {repeat.until}."
            self.told.append(Told(place=record.place, kind=Happening.STEP_DONE, text=text))
            return replace(record, state=StepState.DONE, done_at=self.now, done_by=TOCSIN)
        began = datetime.fromisoformat(record.output["began_at"])
        following = began + max(repeat.every, SHORTEST_ROUND)
        if following <= self.now:
            return replace(record, output=_round(int(record.output["round"]) + 1, self.now))
        turn = self._turn(ages_in(until))
        self.wakes += [following] if turn is None else [min(following, turn)]
        return record

    def _call(self, called: Called, scope: Scope) -> bool:
        place = scope.prefix + called.call_id
        record = self.records.get(place) or StepRecord(place=place, state=StepState.WAITING)
        if record.state is StepState.WAITING:
            record = self._reached(record, called.condition, scope)
        book = self.facts.books.get(called.runbook)
        if record.state is StepState.READY and (book is None or scope.depth >= DEEPEST):
            why = "is not there" if book is None else "is called in a circle"
            record = self._failed(record, f"The runbook {called.runbook} {why}.")
        self.records[place] = record
        if record.state is not StepState.READY or book is None:
            return record.state.is_over or place in self.held
        inner = scope.called(place, book)
        if not self.nodes(book.nodes, inner, reached=True):
            return False
        if self._holds_below(inner.prefix):
            return True
        text = f"{book.title}: every step is done."
        self.told.append(Told(place=place, kind=Happening.STEP_DONE, text=text))
        self.records[place] = replace(record, state=StepState.DONE, done_at=self.now, done_by=TOCSIN)
        return True

    def _holds_below(self, prefix: str) -> bool:
        return any(place.startswith(prefix) for place in self.held)

    def _names(self, scope: Scope) -> dict[str, Any]:
        return names_for(scope, self.records, self.facts, self.now)


def _round(number: int, began_at: datetime) -> dict[str, Any]:
    return {"round": number, "began_at": began_at.isoformat()}
