"""The dry run of a whole runbook: each step's calls, evidence, approvals and undo, without a call outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.domain.acting import Performer
from tocsin.domain.action import Action, ActionClass, ActionState, Declaration, Door, ParameterKind
from tocsin.domain.alert import Alert
from tocsin.domain.errors import Explained
from tocsin.domain.expressions import render
from tocsin.domain.incident import Incident
from tocsin.domain.playing import rehearse
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.domain.runbook import Ask, Called, Repeat, Runbook, Step, StepAction
from tocsin.flow.act import Act
from tocsin.flow.runs_library import Library
from tocsin.oncall.messages import incident_key
from tocsin.response.arguments import checked, completed
from tocsin.response.planning import REHEARSED, Plan
from tocsin.runbooks.outline import Spot, outline
from tocsin.runbooks.reading import read, steps_of
from tocsin.runbooks.scope import Facts, names_for
from tocsin.runbooks.stepping import Proposal, advance, proposed

MOST_TURNS = 2_000
SAMPLES: Mapping[ParameterKind, Any] = {
    ParameterKind.TEXT: "known-when-run",
    ParameterKind.TEXTS: ["known-when-run"],
    ParameterKind.NUMBER: 1,
    ParameterKind.FLAG: True,
    ParameterKind.DURATION: "1h",
    ParameterKind.NETWORKS: ["192.0.2.1"],
    ParameterKind.MAP: {},
}
"""What stands in for an argument that is known only when the step is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """One action of a step. `assumed` are arguments that are known only in the run.

    Where it could not be planned, `plan` is None and `problem` says why.
    """

    action: str
    arguments: Mapping[str, Any]
    plan: Plan | None = None
    assumed: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step in the order in which it would be done. `applies` is by the answers that were assumed."""

    spot: Spot
    step: Step
    applies: bool
    answers: Mapping[str, Any]
    actions: tuple[PlannedAction, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Planning:
    """Plans runbooks. Answers are given by `step.answer`, else the first choice or what is proposed."""

    act: Act
    library: Library

    def plan(
        self,
        book: Runbook,
        incident: Incident,
        alerts: tuple[Alert, ...],
        answers: Mapping[str, str],
        now: datetime,
    ) -> tuple[PlannedStep, ...]:
        """Return every step, in the order of the file. Raises `NotFound` for a runbook that is not there."""
        texts = self.library.called_by(book)
        books = {name: self.library.whole(read(text, f"{name}.yml")) for name, text in texts.items()}
        kept = frozenset(collector for each in (book, *books.values()) for collector in _collectors(each))
        facts = Facts(
            incident=incident,
            alerts=alerts,
            books=books,
            containments=self.library.containments,
            kept=kept,
            timeline="(the timeline as it then is)",
        )
        rehearsed = _Rehearsed(self.act, self.library.whole(book), facts, answers, now)
        rehearsed.go()
        return rehearsed.steps()


def _collectors(book: Runbook) -> tuple[str, ...]:
    return tuple(name for step in steps_of(book.nodes) if isinstance(step, Step) for name in step.keep)


def _empty_run(book: Runbook, now: datetime) -> Run:
    return Run(
        run_id=UUID(int=0),
        number=0,
        incident_id=UUID(int=0),
        runbook_id=book.runbook_id,
        digest=book.digest,
        text=book.text,
        state=RunState.RUNNING,
        started_at=now,
        started_by="rehearsal",
    )


@dataclass(slots=True)
class _Rehearsed:
    """A run in memory, decided by the engine of true runs, whose actions answer with their samples."""

    act: Act
    book: Runbook
    facts: Facts
    answers: Mapping[str, str]
    now: datetime
    run: Run = field(init=False)
    planned: dict[str, list[PlannedAction]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run = _empty_run(self.book, self.now)

    def go(self) -> None:
        """Go through the run until nothing more happens."""
        for _ in range(MOST_TURNS):
            decided = advance(self.book, self.run, self.facts, self.now)
            self.run = decided.run
            for proposal in decided.proposals:
                self._perform(proposal)
            if decided.proposals or self._done_by_people():
                continue
            if decided.wake_at is None or self.run.state is not RunState.RUNNING:
                break
            self.now = decided.wake_at

    def steps(self) -> tuple[PlannedStep, ...]:
        """Return every step; one that does not apply is planned with what stands in for its arguments."""
        return tuple(
            self._planned_step(spot, spot.node)
            for spot in outline(self.book, self.run, self.facts.books)
            if isinstance(spot.node, Step)
        )

    def _planned_step(self, spot: Spot, step: Step) -> PlannedStep:
        applies = spot.record.state is StepState.DONE and not spot.record.reason
        names = names_for(spot.scope, self.run.steps, self.facts, self.now)
        actions = self.planned.get(spot.place, [])
        actions = [
            *actions,
            *(
                self._action(each, render(each.arguments, names), self._approvers(step, each))
                for each in step.actions[len(actions) :]
            ),
        ]
        return PlannedStep(
            spot=spot,
            step=step,
            applies=applies,
            answers=spot.record.answers,
            actions=tuple(actions),
            reason=spot.record.reason,
        )

    def _approvers(self, step: Step, asked: StepAction) -> tuple[str, ...]:
        return step.approve if asked.action in self.facts.containments else ()

    def _perform(self, proposal: Proposal) -> None:
        asked = StepAction(action=proposal.action, revert_after=proposal.revert_after)
        planned = self._action(asked, proposal.arguments, proposal.approvers)
        self.planned.setdefault(proposal.place, []).append(planned)
        number = len(self.facts.actions) + 1
        output: Mapping[str, Any] = {}
        if planned.plan is not None:
            output = _sample(self.act.ground.performer(proposal.action), planned.arguments)
        done = _done_action(number, proposal, planned, output, self.now)
        self.facts = replace(self.facts, actions={**self.facts.actions, number: done})
        self.run = proposed(self.run, proposal.place, number)

    def _action(
        self, asked: StepAction, arguments: Mapping[str, Any], approvers: tuple[str, ...] = ()
    ) -> PlannedAction:
        given = dict(arguments)
        assumed: tuple[str, ...] = ()
        try:
            declaration = self.act.ground.performer(asked.action).declaration
            given |= completed(declaration, given, incident_key(self.facts.incident))
            assumed = _assumed(declaration, given)
            kinds = {each.name: each.kind for each in declaration.parameters}
            given |= {name: SAMPLES[kinds[name]] for name in assumed}
            plan = self.act.plan(asked.action, given, door=Door.RUNBOOK, approvers=approvers)
        except Explained as refusal:
            return PlannedAction(
                action=asked.action, arguments=given, assumed=assumed, problem=refusal.happened
            )
        plan = replace(plan, reverts_after=asked.revert_after)
        return PlannedAction(action=plan.declaration.name, arguments=given, plan=plan, assumed=assumed)

    def _done_by_people(self) -> bool:
        """Answer, approve and do whatever waits for people; say whether anything did."""
        changed = False
        for spot in outline(self.book, self.run, self.facts.books):
            record = spot.record
            match spot.node:
                case Step() as step if record.state is StepState.READY:
                    changed = self._keep(self._by_people(spot, step)) or changed
                case Step() | Called() if record.state is StepState.FAILED:
                    changed = self._keep(replace(record, state=StepState.NOT_APPLICABLE)) or changed
                case Repeat() if record.state is not StepState.WAITING and not record.state.is_over:
                    changed = self._once(spot) or changed
        return changed

    def _by_people(self, spot: Spot, step: Step) -> StepRecord:
        record = spot.record
        names = names_for(spot.scope, self.run.steps, self.facts, self.now)
        answers = {ask.name: self._answer(spot, ask, names) for ask in step.asks}
        approvals = tuple(f"{role}:{number}" for number, role in enumerate(step.approve))
        is_by_hand = not (step.actions or step.keep or step.asks)
        state = StepState.DONE if is_by_hand else record.state
        return replace(record, answers=answers, approvals=approvals, state=state)

    def _answer(self, spot: Spot, ask: Ask, names: Mapping[str, Any]) -> Any:
        step_id = spot.place.rpartition("/")[2].rpartition(".")[2]
        if f"{step_id}.{ask.name}" in self.answers:
            return self.answers[f"{step_id}.{ask.name}"]
        if ask.choices:
            return ask.choices[0]
        return render(ask.proposed, names) if ask.proposed else "an answer"

    def _once(self, spot: Spot) -> bool:
        """Go through what is repeated once: its end is not known before the run."""
        inside = f"{spot.place}#1/"
        records = [record for place, record in self.run.steps.items() if place.startswith(inside)]
        if records and all(record.state.is_over for record in records):
            return self._keep(replace(spot.record, state=StepState.DONE))
        return False

    def _keep(self, record: StepRecord) -> bool:
        if self.run.steps.get(record.place) == record:
            return False
        self.run = replace(self.run, steps={**self.run.steps, record.place: record})
        return True


def _sample(performer: Performer, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an action gives when the partner answers with its samples."""
    values = checked(performer.declaration, given)
    before = rehearse(performer.before(values))
    return rehearse(performer.perform(values, before.given, REHEARSED)).given.output


def _assumed(declaration: Declaration, given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        each.name
        for each in declaration.parameters
        if each.required and given.get(each.name) in (None, "", [], {})
    )


def _done_action(
    number: int, proposal: Proposal, planned: PlannedAction, output: Mapping[str, Any], now: datetime
) -> Action:
    action_class = planned.plan.declaration.action_class if planned.plan else ActionClass.READ
    return Action(
        action_id=UUID(int=number),
        number=number,
        incident_id=UUID(int=0),
        name=planned.action,
        action_class=action_class,
        arguments=planned.arguments,
        state=ActionState.DONE,
        door=Door.RUNBOOK,
        proposed_by="rehearsal",
        proposed_at=now,
        expires_at=now + timedelta(hours=1),
        digest="",
        step=proposal.place,
        output=output,
    )
