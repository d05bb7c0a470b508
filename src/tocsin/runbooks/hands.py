"""What people may do to a run: answer, mark done, skip, try again, consent, hand over, end it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.action import Action, ActionState
from tocsin.domain.errors import Explained
from tocsin.domain.person import person_behind
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.domain.runbook import Ask, Step
from tocsin.domain.timeline import Happening
from tocsin.runbooks.outline import Spot
from tocsin.runbooks.scope import Facts
from tocsin.runbooks.stepping import (
    Told,
    approvers_of,
    is_approved_as_actions,
    missing_approvals,
    unanswered,
)

MayApprove = Callable[[str, str], bool]
"""Says whether a person, by username, may consent as one of a role."""

_DONE = (ActionState.DONE, ActionState.UNDONE)
LONGEST_ANSWER = 4_000
"""Characters of a free answer or a reason."""


class StepRefused(Explained):
    """A step cannot be changed in this way as it stands."""

    code = "step_refused"
    status = 409


class AnswerWrong(StepRefused):
    """An answer is none of those that the step asks for."""

    code = "answer_wrong"
    status = 422


class ApprovalRefused(StepRefused):
    """This person cannot consent to the step: by role, or because it is their own."""

    code = "step_approval_refused"


class RunOver(StepRefused):
    """The run has ended, so nothing of it can be changed any more."""

    code = "run_over"


class OwnerUnknown(StepRefused):
    """A step is given to a name that nobody has, so that nobody would do it."""

    code = "step_owner_unknown"
    status = 422


class StepReasonMissing(StepRefused):
    """Who skips a step, closes a failed one or ends a run must say why."""

    code = "step_reason_missing"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A run after a person changed it, and what is to be written down.

    `owners` are the names of those who are told that the step is theirs now.
    """

    run: Run
    told: Told
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One person at one step of a run, now."""

    run: Run
    spot: Spot
    facts: Facts
    by: str
    now: datetime

    def answer(self, answers: Mapping[str, str]) -> Change:
        """Give answers to a step, some at a time if need be. Raises `StepRefused`.

        Also to one whose action failed: what people know does not hang on a partner that is down.
        """
        step, record = self._open_step(StepState.READY, StepState.FAILED)
        asks = {ask.name: ask for ask in step.asks}
        for name, given in answers.items():
            _check_answer(asks, name, given)
        if not answers:
            raise _wrong(
                "No answer was given.", f"Answer {', '.join(asks) or 'nothing: it asks for nothing'}."
            )
        said = ", ".join(f"{name}: {given}" for name, given in answers.items())
        record = replace(record, answers={**record.answers, **answers})
        return self._changed(record, Happening.STEP_ANSWERED, f"Answered {said}")

    def done(self, reason: str = "") -> Change:
        """Say that a step is done. Raises `StepRefused` while it waits for more than people's word."""
        step, record = self._open_step(StepState.READY, StepState.FAILED)
        if record.state is StepState.FAILED:
            _demand(reason)
        waits = self._waits(step, record)
        if waits:
            raise self._refused(
                f"it still waits for {waits}.", "See to that first, or skip it with a reason."
            )
        text = f"{step.do}: {reason}" if reason.strip() else step.do
        return self._ended(record, StepState.DONE, Happening.STEP_DONE, text, reason)

    def skip(self, reason: str) -> Change:
        """Say that a step is not applicable, and why. Raises `StepRefused`."""
        _demand(reason)
        _, record = self._open_step(StepState.WAITING, StepState.READY, StepState.FAILED)
        self._demand_nothing_under_way(record)
        text = f"Not applicable: {reason}"
        return self._ended(record, StepState.NOT_APPLICABLE, Happening.STEP_NOT_APPLICABLE, text, reason)

    def retry(self) -> Change:
        """Go on from where a step failed; what it has done is not done again. Raises `StepRefused`."""
        record = self._record(StepState.FAILED)
        self._demand_nothing_under_way(record)
        failed = {n for n in record.actions if self.facts.actions[n].state not in _DONE}
        kept = tuple(number for number in record.actions if number not in failed)
        state = StepState.WAITING if record.ready_at is None else StepState.READY
        text = "It is tried again from where it failed."
        return self._changed(
            replace(record, state=state, actions=kept, reason=""), Happening.STEP_READY, text
        )

    def approve(self, may: MayApprove) -> Change:
        """Consent to a step in a role that the person has and that is missing. Raises `ApprovalRefused`.

        Who consented before moves to another of their roles where that leaves one for this person, so that
        nobody is stuck because of the order in which people came.
        """
        step, record = self._open_step(StepState.READY)
        if is_approved_as_actions(step, self.facts.containments):
            raise _no_consent(
                "Consent to this step is given to its actions, each with its exact arguments.",
                "Approve the actions that the step has asked for.",
            )
        # Whoever began it on the command line, or by a token of theirs, is the same person in the console.
        if self.by == person_behind(self.run.started_by):
            raise _no_consent(f"{self.by} began this run.", "Somebody else must consent.")
        people = [approval.partition(":")[2] for approval in record.approvals]
        if self.by in people:
            raise _no_consent(f"{self.by} has consented already.", "Each role needs a different person.")
        seats = _seated([*people, self.by], approvers_of(step, record), may)
        role = next((role for role, person in seats.items() if person == self.by), None)
        if role is None:
            wanted = ", ".join(missing_approvals(step, record)) or "nobody any more"
            raise _no_consent(f"{self.by} has none of the roles that are missing.", f"Wanted: {wanted}.")
        approvals = tuple(f"{role}:{person}" for role, person in seats.items())
        return self._changed(
            replace(record, approvals=approvals), Happening.ACTION_APPROVED, f"Approved as {role}."
        )

    def hand_over(self, owners: Sequence[str], known: Collection[str] | None = None) -> Change:
        """Give a step to other owners; `known` are those there are, None for any. Raises `StepRefused`."""
        _, record = self._open_step(StepState.WAITING, StepState.READY, StepState.FAILED)
        named = _names(owners, known)
        text = f"It is handed over to {', '.join(named)}."
        change = self._changed(replace(record, owners=named), Happening.STEP_READY, text)
        return replace(change, owners=tuple(each for each in named if each != person_behind(self.by)))

    def name_approvers(self, approvers: Sequence[str], known: Collection[str] | None = None) -> Change:
        """Name other roles that must consent to a step; their number may not shrink. Raises `StepRefused`."""
        step, record = self._open_step(StepState.WAITING, StepState.READY, StepState.FAILED)
        named = _names(approvers, known)
        self._demand_nothing_under_way(record)
        if len(named) < len(step.approve):
            raise self._refused(
                f"its runbook asks for {len(step.approve)} approvals, and fewer roles were named.",
                "Name as many roles as the runbook does, or more.",
            )
        kept = tuple(each for each in record.approvals if each.partition(":")[0] in named)
        text = f"From now on it is approved by {', '.join(named)}."
        return self._changed(replace(record, approvers=named, approvals=kept), Happening.STEP_READY, text)

    def _record(self, *states: StepState) -> StepRecord:
        if self.run.state is not RunState.RUNNING:
            raise RunOver(
                f"{self.run.short_name} is {self.run.state}.",
                means="Nothing was changed.",
                next_step="Start the runbook again if its work is not done.",
            )
        record = self.spot.record
        if record.state not in states:
            raise self._refused(f"it is {record.state}.", "Look at the run for what can be done now.")
        return record

    def _open_step(self, *states: StepState) -> tuple[Step, StepRecord]:
        record = self._record(*states)
        if not isinstance(self.spot.node, Step):
            raise self._refused("it is no step of its own.", "Name one of the steps inside it.")
        return self.spot.node, record

    def _waits(self, step: Step, record: StepRecord) -> str:
        open_actions = self._under_way(record)
        if open_actions:
            return ", ".join(action.short_name for action in open_actions)
        if unanswered(step, record):
            return f"an answer to {', '.join(unanswered(step, record))}"
        missing = missing_approvals(step, record)
        if missing and not is_approved_as_actions(step, self.facts.containments):
            return f"the approval of {', '.join(missing)}"
        return ""

    def _under_way(self, record: StepRecord) -> list[Action]:
        actions = (self.facts.actions[number] for number in record.actions)
        return [action for action in actions if action.state.is_open]

    def _demand_nothing_under_way(self, record: StepRecord) -> None:
        under_way = self._under_way(record)
        if under_way:
            names = ", ".join(action.short_name for action in under_way)
            raise self._refused(f"{names} is under way.", "Withdraw it, or let it come to its end.")

    def _ended(self, record: StepRecord, state: StepState, kind: Happening, text: str, reason: str) -> Change:
        late = record.due_at is not None and record.due_at < self.now
        missed_at = record.due_at if late else record.missed_at
        ended = replace(
            record, state=state, done_at=self.now, done_by=self.by, reason=reason, missed_at=missed_at
        )
        return self._changed(ended, kind, text)

    def _changed(self, record: StepRecord, kind: Happening, text: str) -> Change:
        run = replace(self.run, steps={**self.run.steps, record.place: record})
        return Change(run=run, told=Told(place=record.place, kind=kind, text=text, by=self.by))

    def _refused(self, why: str, next_step: str) -> StepRefused:
        named = f"{self.spot.place} of {self.run.short_name}"
        return StepRefused(f"The step {named}: {why}", means="Nothing was changed.", next_step=next_step)


def abort(run: Run, reason: str, *, by: str, now: datetime) -> Change:
    """End a run before its end. Raises `StepReasonMissing`, `RunOver`."""
    _demand(reason)
    if run.state is not RunState.RUNNING:
        raise RunOver(
            f"{run.short_name} is {run.state}.",
            means="Nothing was changed.",
            next_step="Nothing is to be done.",
        )
    ended = replace(run, state=RunState.ABORTED, ended_at=now, ended_by=by, reason=reason)
    told = Told(place="", kind=Happening.RUN_ENDED, text=f"Ended before its end: {reason}", by=by)
    return Change(run=ended, told=told)


def _seated(people: Sequence[str], roles: Sequence[str], may: MayApprove) -> dict[str, str]:
    """Return who consents in which role, so that as many roles as possible are filled."""
    seats: dict[str, str] = {}
    for person in people:
        _seat(person, roles, may, seats, set())
    return seats


def _seat(person: str, roles: Sequence[str], may: MayApprove, seats: dict[str, str], tried: set[str]) -> bool:
    for role in roles:
        if role in tried or not may(person, role):
            continue
        tried.add(role)
        if role not in seats or _seat(seats[role], roles, may, seats, tried):
            seats[role] = person
            return True
    return False


def owners_of(step: Step, record: StepRecord) -> tuple[str, ...]:
    """Return who must do a step: whom the runbook names, or whom it was handed over to."""
    return step.owners if record.owners is None else record.owners


def _check_answer(asks: Mapping[str, Ask], name: str, given: str) -> None:
    if name not in asks:
        raise _wrong(
            f"The step does not ask for {name[:80]!r}.", f"It asks for: {', '.join(asks) or 'nothing'}."
        )
    choices = asks[name].choices
    if choices and given not in choices:
        raise _wrong(f"{given[:80]!r} is no answer to {name}.", f"Choose one of: {', '.join(choices)}.")
    if not given.strip() or len(given) > LONGEST_ANSWER:
        raise _wrong(
            f"The answer to {name} is empty or longer than {LONGEST_ANSWER} characters.",
            "Write one that is neither.",
        )


def _names(given: Sequence[str], known: Collection[str] | None) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(each.strip() for each in given if each.strip()))
    if not named or any(len(each) > 80 or ":" in each for each in named):
        raise StepRefused(
            "No role or person was named, or a name has more than 80 characters or a colon.",
            means="Nothing was changed.",
            next_step="Name roles or people as the runbooks do.",
        )
    nobody = [each for each in named if known is not None and each not in known]
    if nobody:
        raise OwnerUnknown(
            f"There is no person, team or role {', '.join(nobody)!r} here.",
            means="Nothing was changed.",
            next_step=f"Name some of: {', '.join(sorted(known or ()))[:600]}.",
        )
    return named


def _demand(reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_ANSWER:
        raise StepReasonMissing(
            f"A reason of at most {LONGEST_ANSWER} characters is needed.",
            means="Nothing was changed.",
            next_step="Say in a sentence why.",
        )


def _wrong(happened: str, next_step: str) -> AnswerWrong:
    return AnswerWrong(happened, means="Nothing was changed.", next_step=next_step)


def _no_consent(happened: str, next_step: str) -> ApprovalRefused:
    return ApprovalRefused(happened, means="The step is not approved by it.", next_step=next_step)
