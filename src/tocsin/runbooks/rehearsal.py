"""Goes through a runbook as its tests say, with a clock that is pushed, and tells where it went otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tocsin.domain.action import Action, ActionClass, ActionState, Door
from tocsin.domain.alert import Alert
from tocsin.domain.expressions import render, text_of
from tocsin.domain.incident import Incident, Status
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.domain.runbook import Runbook, Step
from tocsin.runbooks.fitting import fits
from tocsin.runbooks.hands import Change, Hand, StepRefused
from tocsin.runbooks.outline import Spot, outline
from tocsin.runbooks.rehearsal_file import Given, RunbookTest
from tocsin.runbooks.scope import Facts, names_for
from tocsin.runbooks.stepping import Proposal, advance, missing_approvals, proposed, unanswered

MOST_TURNS = 3_000
"""A rehearsal that takes more turns than this never ends."""
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY = "rehearsal"

_ID = UUID(int=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What came of one test: no failures if it went as expected. `reached` are the places that were done."""

    test: RunbookTest
    failures: tuple[str, ...]
    reached: frozenset[str]


def rehearse(book: Runbook, test: RunbookTest, books: Mapping[str, Runbook]) -> Rehearsed:
    """Go through one test; nothing outside is called. `books` are the runbooks that may be called."""
    stage = _Stage(book, test, books)
    stage.play()
    failures = tuple(stage.trouble) or tuple(_differences(stage))
    return Rehearsed(test=test, failures=failures, reached=frozenset(stage.order))


class _Stage:
    """One rehearsal: the run, what is known of its incident, and the clock."""

    def __init__(self, book: Runbook, test: RunbookTest, books: Mapping[str, Runbook]) -> None:
        self.book = book
        self.test = test
        self.now = START
        self.order: list[str] = []
        self.asked: list[Proposal] = []
        self.trouble: list[str] = []
        self.used: set[str] = set()
        self._finished: set[str] = set()
        self.facts = Facts(incident=_incident(test), alerts=(_alert(test),), books=books)
        self.run = Run(
            run_id=_ID,
            number=1,
            incident_id=_ID,
            runbook_id=book.runbook_id,
            digest=book.digest,
            text=book.text,
            state=RunState.RUNNING,
            started_at=START,
            started_by="tocsin",
        )

    def play(self) -> None:
        """Push the clock from one thing to the next until nothing is left to come."""
        for _ in range(MOST_TURNS):
            wake = self._advance()
            finishes = {spot.place: self._finish_of(spot) for spot in self._ready()}
            times = [*finishes.values(), *([wake] if wake else [])]
            if self.trouble or self.run.state is not RunState.RUNNING or not times:
                return
            self.now = max(self.now, min(times))
            for place, at in finishes.items():
                if at <= self.now:
                    self._finish(place)
        self.trouble.append(f"it does not end within {MOST_TURNS} turns of the clock.")

    def steps(self) -> list[Spot]:
        """Return where the steps of the run stand now."""
        return [
            spot for spot in outline(self.book, self.run, self.facts.books) if isinstance(spot.node, Step)
        ]

    def _advance(self) -> datetime | None:
        """Let the engine go on, put down what it asks for, and return when it wants to be asked again."""
        while True:
            advanced = advance(self.book, self.run, self.facts, self.now)
            self._become(advanced.run)
            if not advanced.proposals:
                return advanced.wake_at
            for proposal in advanced.proposals:
                self.asked.append(proposal)
                number = len(self.asked)
                self._put(_action(number, proposal, self.now))
                self._become(proposed(self.run, proposal.place, number))

    def _become(self, run: Run) -> None:
        self.run = run
        done = (spot.place for spot in self.steps() if spot.record.state is StepState.DONE)
        self.order += [place for place in done if place not in self.order]

    def _put(self, action: Action) -> None:
        self.facts = replace(self.facts, actions={**self.facts.actions, action.number: action})

    def _ready(self) -> list[Spot]:
        return [
            spot
            for spot in self.steps()
            if spot.record.state is StepState.READY and spot.place not in self._finished
        ]

    def _given(self, place: str) -> Given:
        """Return what is given for a place, else for its step in every round."""
        for key in (place, place.rpartition("/")[2]):
            if key in self.test.given:
                self.used.add(key)
                return self.test.given[key]
        return Given()

    def _finish_of(self, spot: Spot) -> datetime:
        return (spot.record.ready_at or self.now) + self._given(spot.place).after

    def _finish(self, place: str) -> None:
        """Do with a step what the test gives: consent, end its actions, keep its evidence, answer."""
        self._finished.add(place)
        given = self._given(place)
        try:
            if given.outcome == "skipped":
                self._change(self._hand(place).skip("The test says so."))
            else:
                self._consent(place)
                self._end_actions(place, given)
                self._answer(place, given)
        except StepRefused as refused:
            self.trouble.append(refused.happened)

    def _hand(self, place: str, by: str = BY) -> Hand:
        spot = next(spot for spot in self.steps() if spot.place == place)
        return Hand(run=self.run, spot=spot, facts=self.facts, by=by, now=self.now)

    def _step(self, place: str) -> Step:
        node = self._hand(place).spot.node
        assert isinstance(node, Step)
        return node

    def _change(self, change: Change) -> None:
        self._become(change.run)

    def _consent(self, place: str) -> None:
        for role in missing_approvals(self._step(place), self.run.steps[place]):
            self._change(self._hand(place, by=f"{role} {BY}").approve(_is_meant))
        self._advance()

    def _end_actions(self, place: str, given: Given) -> None:
        """End the actions of a step one after the other, for the next is asked for when one is done."""
        state = ActionState.FAILED if given.outcome == "failed" else ActionState.DONE
        while under_way := self._under_way(place):
            for action in under_way:
                self._put(replace(action, state=state, output=given.output, outcome="The test says so."))
            self._advance()

    def _under_way(self, place: str) -> list[Action]:
        actions = (self.facts.actions[number] for number in self.run.steps[place].actions)
        return [action for action in actions if action.state.is_open]

    def _answer(self, place: str, given: Given) -> None:
        if self.run.steps[place].state is not StepState.READY:
            return
        step = self._step(place)
        answers = {**self._confirmed(step, place), **given.answers}
        if answers:
            self._change(self._hand(place).answer(answers))
        self.facts = replace(self.facts, kept=self.facts.kept | set(step.keep))
        self._advance()
        if self.run.steps[place].state is StepState.READY:
            self._change(self._hand(place).done())

    def _confirmed(self, step: Step, place: str) -> dict[str, str]:
        """Return the proposed values that a person would confirm, where the test gives no answer."""
        names = names_for(self._hand(place).spot.scope, self.run.steps, self.facts, self.now)
        open_names = unanswered(step, self.run.steps[place])
        proposals = {ask.name: text_of(render(ask.proposed, names)) for ask in step.asks}
        return {name: value for name, value in proposals.items() if name in open_names and value}


def _differences(stage: _Stage) -> Iterator[str]:
    """Yield in words where a rehearsal went another way than expected."""
    expected = stage.test.expected
    steps = {spot.place: spot.record for spot in stage.steps()}
    if tuple(stage.order) != expected.order:
        yield f"the steps done are {_listed(stage.order)}, expected {_listed(expected.order)}."
    found = {
        "not applicable": _places(steps, StepState.NOT_APPLICABLE),
        "failed": _places(steps, StepState.FAILED),
        "missed": frozenset(place for place, record in steps.items() if record.missed_at is not None),
    }
    wanted = {
        "not applicable": expected.not_applicable,
        "failed": expected.failed,
        "missed": expected.missed,
    }
    for word, places in found.items():
        if places != wanted[word]:
            yield f"{word}: {_listed(sorted(places))}, expected {_listed(sorted(wanted[word]))}."
    if stage.run.state is RunState.RUNNING and not found["failed"]:
        waiting = [place for place, record in steps.items() if not record.state.is_over]
        yield f"it waits without end at {_listed(waiting)}."
    unused = sorted(set(stage.test.given) - stage.used)
    if unused:
        yield f"something is given for {_listed(unused)}, which is never ready."
    yield from _action_differences(stage)
    does_fit = fits(stage.book, stage.facts.incident, stage.facts.alerts)
    if expected.fits is not None and expected.fits != does_fit:
        yield f"the trigger {'fits' if does_fit else 'does not fit'} the incident, expected the opposite."


def _action_differences(stage: _Stage) -> Iterator[str]:
    wanted = stage.test.expected.actions
    if wanted is None:
        return
    names = [proposal.action for proposal in stage.asked]
    if names != [name for name, _ in wanted]:
        yield f"the actions are {_listed(names)}, expected {_listed([name for name, _ in wanted])}."
        return
    for proposal, (name, arguments) in zip(stage.asked, wanted, strict=True):
        for argument, value in arguments.items():
            given = proposal.arguments.get(argument)
            if given != value:
                yield f"{name} is given {argument or 'its argument'} {given!r}, expected {value!r}."


def _is_meant(person: str, role: str) -> bool:
    """Say whether an invented person has a role: each has the one of its name."""
    return person == f"{role} {BY}"


def _places(steps: Mapping[str, StepRecord], state: StepState) -> frozenset[str]:
    return frozenset(place for place, record in steps.items() if record.state is state)


def _listed(places: Sequence[str]) -> str:
    return f"[{', '.join(places)}]"


def _incident(test: RunbookTest) -> Incident:
    return Incident(
        incident_id=_ID,
        number=1,
        title=test.title,
        severity=test.severity,
        type=test.type,
        status=Status.OPEN,
        group_key=BY,
        detected_at=START,
        opened_at=START,
        services=test.services,
        drill=True,
    )


def _alert(test: RunbookTest) -> Alert:
    return Alert(
        fingerprint="0" * 16,
        source=BY,
        labels=test.labels,
        starts_at=START,
        ends_at=START + timedelta(days=1),
        updated_at=START,
        number=1,
        incident_id=_ID,
    )


def _action(number: int, proposal: Proposal, now: datetime) -> Action:
    return Action(
        action_id=UUID(int=number),
        number=number,
        incident_id=_ID,
        name=proposal.action,
        action_class=ActionClass.READ,
        arguments=proposal.arguments,
        state=ActionState.PROPOSED,
        door=Door.RUNBOOK,
        proposed_by=BY,
        proposed_at=now,
        expires_at=now + timedelta(days=1),
        digest="0" * 64,
    )
