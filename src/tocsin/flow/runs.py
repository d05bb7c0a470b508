"""Runbooks are followed: begun, answered, approved, skipped, resumed, ended, while their clocks run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.run import Run, RunState
from tocsin.domain.runbook import Runbook, Step
from tocsin.domain.timeline import Happening
from tocsin.flow.record import held, tell
from tocsin.flow.runs_going import Going, begun
from tocsin.flow.runs_library import Library
from tocsin.incidents.changed import TOCSIN, line
from tocsin.runbooks import hands
from tocsin.runbooks.hands import Change, Hand, MayApprove
from tocsin.runbooks.outline import Spot, outline, spot_at
from tocsin.runbooks.scope import Facts


@dataclass(frozen=True, slots=True)
class Followed:
    """A run as it stands: its incident, its runbook as it was pinned, its spots in order, and the facts."""

    run: Run
    incident: Incident
    book: Runbook
    spots: tuple[Spot, ...]
    facts: Facts


def _nobody_listed() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Runs:
    """The chapter of runbooks. Each public method is one transaction, or runs inside the caller's.

    `owners_known` gives those who may own or approve a step, None while nobody is listed.
    """

    store: Store
    clock: Clock
    going: Going
    may_approve: MayApprove
    owners_known: Callable[[], Collection[str] | None] = _nobody_listed

    @property
    def library(self) -> Library:
        """Return the runbooks there are."""
        return self.going.library

    def start(self, incident_id: UUID, runbook_id: str, actor: str) -> Run:
        """Begin a runbook by hand; it may be followed more than once. Raises `NotFound`, `StepRefused`."""
        book = self.library.get(runbook_id)
        with self.store.transaction() as shelves:
            return self._begin(shelves, held(shelves, incident_id), book, actor)

    def start_due(self, shelves: Shelves, job: Job) -> None:
        """An incident opened that a runbook is for: it begins, if the runbook and the incident still are."""
        incident = held(shelves, UUID(job.args["incident"]))
        name = job.args["runbook"]
        book = self.library.books().get(name)
        if not incident.status.is_active:
            return
        if book is None:
            text = f"The runbook {name} was to begin, and is not there any more."
            entry = line(incident, Happening.NOTE, text, by=TOCSIN, now=self.clock.now())
            tell(shelves, incident, entry)
            return
        self._begin(shelves, incident, book, TOCSIN)

    def look(self, shelves: Shelves, job: Job) -> None:
        """Something happened to a run, or one of its clocks is due."""
        incident = held(shelves, UUID(job.args["incident"]))
        run = shelves.runs.by_id(UUID(job.args["run"]))
        if run is not None and run.state is RunState.RUNNING:
            self.going.on(shelves, incident, run, self.clock.now())

    def answer(self, number: int, place: str, answers: Mapping[str, str], actor: str) -> Run:
        """Give answers to a step. Raises `NotFound`, `StepRefused`."""
        return self._by_hand(number, place, actor, lambda hand: hand.answer(answers))

    def done(self, number: int, place: str, actor: str, reason: str = "") -> Run:
        """Say that a step is done. Raises `NotFound`, `StepRefused`."""
        return self._by_hand(number, place, actor, lambda hand: hand.done(reason))

    def skip(self, number: int, place: str, actor: str, reason: str) -> Run:
        """Say that a step is not applicable, and why. Raises `NotFound`, `StepRefused`."""
        return self._by_hand(number, place, actor, lambda hand: hand.skip(reason))

    def retry(self, number: int, place: str, actor: str) -> Run:
        """Go on from the step that failed. Raises `NotFound`, `StepRefused`."""
        return self._by_hand(number, place, actor, lambda hand: hand.retry())

    def approve(self, number: int, place: str, person: str) -> Run:
        """Consent to a step; only for a person who is signed in. Raises `NotFound`, `StepRefused`."""
        return self._by_hand(number, place, person, lambda hand: hand.approve(self.may_approve))

    def hand_over(self, number: int, place: str, owners: Sequence[str], actor: str) -> Run:
        """Give a step to other owners, who hear of it. Raises `NotFound`, `StepRefused`."""
        known = self.owners_known()
        return self._by_hand(number, place, actor, lambda hand: hand.hand_over(owners, known))

    def name_approvers(self, number: int, place: str, roles: Sequence[str], actor: str) -> Run:
        """Name other roles that must consent to a step. Raises `NotFound`, `StepRefused`."""
        known = self.owners_known()
        return self._by_hand(number, place, actor, lambda hand: hand.name_approvers(roles, known))

    def abort(self, numbers: Sequence[int], actor: str, reason: str) -> tuple[Run, ...]:
        """End runs before their end, all or none. Raises `NotFound`, `StepRefused`."""
        with self.store.transaction() as shelves:
            return tuple(run for _, run in self._aborted(shelves, numbers, actor, reason))

    def rerun(self, numbers: Sequence[int], actor: str, reason: str, starter: str) -> tuple[Run, ...]:
        """End runs and begin their runbooks anew, as their files say now; all of it or nothing.

        Return those that have ended, then those that have begun. Raises `NotFound`, `StepRefused`.
        """
        with self.store.transaction() as shelves:
            ended = self._aborted(shelves, numbers, actor, reason)
            begun = [
                self._begin(shelves, incident, self.library.get(run.runbook_id), starter)
                for incident, run in ended
            ]
            return (*(run for _, run in ended), *begun)

    def followed(self, number: int) -> Followed:
        """Return how a run stands. Raises `NotFound`."""
        with self.store.reading() as shelves:
            run = shelves.runs.get(number)
            incident = shelves.incidents.get(run.incident_id) if run else None
            if run is None or incident is None:
                raise _no_run(number)
            book, books = self.library.pinned(run)
            facts = self.going.facts(shelves, incident, run, book, books)
            return Followed(run, incident, book, outline(book, run, books), facts)

    def of_incident(self, incident_id: UUID) -> tuple[Run, ...]:
        """Return the runs of an incident, by number."""
        with self.store.reading() as shelves:
            return shelves.runs.of_incident(incident_id)

    def listed(self, states: Sequence[RunState] = (), limit: int = 50) -> tuple[Run, ...]:
        """Return runs, newest first; no states means any."""
        with self.store.reading() as shelves:
            return shelves.runs.listed(states, limit)

    def _aborted(
        self, shelves: Shelves, numbers: Sequence[int], actor: str, reason: str
    ) -> list[tuple[Incident, Run]]:
        now = self.clock.now()
        ended = []
        for incident, run in self._all_held(shelves, numbers):
            change = hands.abort(run, reason, by=actor, now=now)
            ended.append((incident, self.going.ended(shelves, incident, change, now)))
        return ended

    def _begin(self, shelves: Shelves, incident: Incident, book: Runbook, actor: str) -> Run:
        if not incident.status.is_active:
            raise hands.StepRefused(
                f"{incident.short_name} is {incident.status}.",
                means="Nothing was begun.",
                next_step="Open the incident again, or begin the runbook in another one.",
            )
        now = self.clock.now()
        run = Run(
            run_id=uuid4(),
            number=shelves.runs.next_number(),
            incident_id=incident.incident_id,
            runbook_id=book.runbook_id,
            digest=book.digest,
            text=book.text,
            state=RunState.RUNNING,
            started_at=now,
            started_by=actor,
            called=self.library.called_by(book),
        )
        shelves.runs.add(run)
        self.going.tell(shelves, incident, run, begun(run, incident))
        self.going.respond.quote(shelves, incident, self._pages(run))
        return self.going.on(shelves, incident, run, now)

    def _pages(self, run: Run) -> tuple[str, ...]:
        """Return the documents that the steps of a run link to."""
        book, books = self.library.pinned(run)
        nodes = (spot.node for spot in outline(book, run, books))
        return tuple(node.see for node in nodes if isinstance(node, Step) and node.see)

    def _by_hand(self, number: int, place: str, actor: str, decide: Callable[[Hand], Change]) -> Run:
        now = self.clock.now()
        with self.store.transaction() as shelves:
            incident, run = self._held(shelves, number)
            book, books = self.library.pinned(run)
            spot = spot_at(book, run, books, place)
            if spot is None:
                raise NotFound(
                    f"{run.short_name} has no step {place[:80]!r}.",
                    means="Nothing was changed.",
                    next_step=f"Look at `tocsin run show {run.short_name}` for its steps.",
                )
            facts = self.going.facts(shelves, incident, run, book, books)
            change = decide(Hand(run=run, spot=spot, facts=facts, by=actor, now=now))
            self.going.tell(shelves, incident, change.run, change.told)
            if change.owners:
                self.going.owners.handed_over(shelves, incident, run, place, change.owners, now)
            return self.going.on(shelves, incident, change.run, now)

    def _all_held(self, shelves: Shelves, numbers: Sequence[int]) -> list[tuple[Incident, Run]]:
        """Return runs by number, their incidents held in one order that is the same for everybody."""
        known = [shelves.runs.get(number) for number in sorted(set(numbers))]
        for incident_id in sorted({run.incident_id for run in known if run is not None}):
            held(shelves, incident_id)
        return [self._held(shelves, number) for number in sorted(set(numbers))]

    def _held(self, shelves: Shelves, number: int) -> tuple[Incident, Run]:
        """Return a run as it stands once nobody else can change it."""
        found = shelves.runs.get(number)
        if found is None:
            raise _no_run(number)
        incident = held(shelves, found.incident_id)
        return incident, shelves.runs.get(number) or found


def _no_run(number: int) -> NotFound:
    return NotFound(
        f"There is no run RUN-{number}.",
        means="Nothing was changed.",
        next_step="Look at `tocsin run list` for the runs there are.",
    )
