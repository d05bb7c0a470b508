"""A run goes on: what its engine decides is written down and set going, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.action import ActionState, Demand
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.incident import Incident, Status
from tocsin.domain.job import JobState
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import Run, RunState, StepState
from tocsin.domain.runbook import Runbook, Step
from tocsin.domain.timeline import Happening
from tocsin.evidence.opening import starts_for
from tocsin.flow.collect import COLLECT
from tocsin.flow.next_level import NextLevel
from tocsin.flow.record import tell
from tocsin.flow.respond import Respond
from tocsin.flow.runs_acting import Acting
from tocsin.flow.runs_library import Library
from tocsin.flow.runs_owners import Owners
from tocsin.flow.runs_wake import run_key, wake
from tocsin.incidents.changed import TOCSIN, line
from tocsin.runbooks.hands import Change, abort, owners_of
from tocsin.runbooks.outline import Spot, outline
from tocsin.runbooks.scope import Facts
from tocsin.runbooks.stepping import Advanced, Proposal, Told, advance, proposed, refused

LOOK_AGAIN_AFTER = timedelta(seconds=5)
"""How soon it is looked whether collectors have come to their end."""
LOOK_AT_ACTIONS_AFTER = timedelta(minutes=1)
"""Who ends an action wakes its run; should that ever be lost, this finds it."""
TIMELINE_AT_MOST = 8_000
"""Characters of the timeline that an action's argument may carry: the last ones count."""


@dataclass(frozen=True, slots=True)
class Going:
    """What makes runs go on. The incident must be held by the caller of every method that writes."""

    library: Library
    respond: Respond
    next_level: NextLevel
    acting: Acting

    @property
    def owners(self) -> Owners:
        """Return who tells owners of steps."""
        return Owners(self.next_level.call)

    def on(self, shelves: Shelves, incident: Incident, run: Run, now: datetime) -> Run:
        """Go as far as the facts allow, save the run, and see to it that it is looked at again in time."""
        if incident.status is Status.CLOSED and run.state is RunState.RUNNING:
            change = abort(run, "The incident is closed.", by=TOCSIN, now=now)
            return self.ended(shelves, incident, change, now)
        book, books = self.library.pinned(run)
        wakes: list[datetime] = []
        while True:
            facts = self.facts(shelves, incident, run, book, books)
            decided = advance(book, run, facts, now)
            run = self._carried_out(shelves, incident, decided, now)
            wakes = [decided.wake_at] if decided.wake_at else []
            if not decided.proposals:
                break
        if self._waits_for_collectors(run, book, books, facts):
            wakes.append(now + LOOK_AGAIN_AFTER)
        if any(action.state.is_open for action in facts.actions.values()):
            wakes.append(now + LOOK_AT_ACTIONS_AFTER)
        shelves.runs.save(run)
        self._await(shelves, incident, run, wakes)
        return run

    def ended(self, shelves: Shelves, incident: Incident, change: Change, now: datetime) -> Run:
        """Save a run that was ended before its end; what it asked for and has not begun is taken back."""
        run = change.run
        shelves.runs.save(run)
        self.tell(shelves, incident, run, change.told)
        for action in shelves.actions.of_incident(incident.incident_id):
            if action.run_id == run.run_id and action.state is ActionState.PROPOSED:
                self.acting.withdraw(shelves, incident, run, action, now)
        shelves.jobs.drop(run_key(run.run_id))
        return run

    def facts(
        self,
        shelves: Shelves,
        incident: Incident,
        run: Run,
        book: Runbook,
        books: Mapping[str, Runbook],
    ) -> Facts:
        """Return what the run is decided from now."""
        actions = shelves.actions.of_incident(incident.incident_id)
        steps = [spot for spot in outline(book, run, books) if isinstance(spot.node, Step)]
        alerts = shelves.alerts.of_incident(incident.incident_id)
        return Facts(
            incident=incident,
            alerts=alerts,
            actions={action.number: action for action in actions if action.run_id == run.run_id},
            books=books,
            containments=self.library.containments,
            kept=self._kept(shelves, incident, steps, _arguments(alerts)),
            timeline=_timeline(shelves, incident) if "incident.timeline" in _texts(run) else "",
        )

    def tell(self, shelves: Shelves, incident: Incident, run: Run, told: Told) -> None:
        """Write one line about a run to the incident's timeline and to the log."""
        where = f"{run.short_name} ({run.runbook_id})" + (f", {told.place}" if told.place else "")
        entry = line(incident, told.kind, f"{where}: {told.text}", by=told.by, now=self.respond.clock.now())
        facts = {"run": run.short_name, "runbook": run.runbook_id, "digest": run.digest, "step": told.place}
        tell(shelves, incident, entry, facts)

    def _carried_out(self, shelves: Shelves, incident: Incident, decided: Advanced, now: datetime) -> Run:
        run = decided.run
        for told in decided.told:
            self.tell(shelves, incident, run, told)
        if decided.collections:
            demands = [Demand(collector=each.collector) for each in decided.collections]
            alerts = shelves.alerts.of_incident(incident.incident_id)
            self.respond.collect_for(shelves, incident, demands, _arguments(alerts))
        self._tell_owners(shelves, incident, decided, now)
        for place in decided.missed:
            self._page_next(shelves, incident, run, place, now)
        for proposal in decided.proposals:
            run = self._proposed(shelves, incident, run, proposal, now)
        return run

    def _tell_owners(self, shelves: Shelves, incident: Incident, decided: Advanced, now: datetime) -> None:
        fresh = {told.place for told in decided.told if told.kind is Happening.STEP_READY}
        if fresh:
            spots = outline(*self._outlined(decided.run))
            self.owners.ready(shelves, incident, decided.run, spots, fresh, now)

    def _outlined(self, run: Run) -> tuple[Runbook, Run, Mapping[str, Runbook]]:
        book, books = self.library.pinned(run)
        return book, run, books

    def _proposed(
        self, shelves: Shelves, incident: Incident, run: Run, proposal: Proposal, now: datetime
    ) -> Run:
        try:
            action = self.acting.propose(shelves, incident, run, proposal, now)
        except Overloaded:
            raise
        except Explained as refusal:
            run, told = refused(run, proposal.place, f"{proposal.action}: {refusal.happened}")
            self.tell(shelves, incident, run, told)
            return run
        return proposed(run, proposal.place, action.number)

    def _page_next(self, shelves: Shelves, incident: Incident, run: Run, place: str, now: datetime) -> None:
        spot = next(spot for spot in outline(*self._outlined(run)) if spot.place == place)
        owners = ", ".join(owners_of(spot.node, spot.record)) if isinstance(spot.node, Step) else ""
        whose = f" of {owners}" if owners else ""
        why = f"The step {place}{whose} in {run.short_name} ({run.runbook_id}) is late."
        self.next_level.page(shelves, incident, why, now)

    def _kept(
        self, shelves: Shelves, incident: Incident, steps: list[Spot], arguments: Mapping[str, Any]
    ) -> frozenset[str]:
        """Return the collectors of steps at work that have come to their end, with an exhibit or a gap."""
        names = {
            name
            for spot in steps
            if isinstance(spot.node, Step) and spot.record.state is StepState.READY
            for name in spot.node.keep
        }
        return frozenset(name for name in names if self._has_ended(shelves, incident, name, arguments))

    def _has_ended(
        self, shelves: Shelves, incident: Incident, name: str, arguments: Mapping[str, Any]
    ) -> bool:
        (start,) = starts_for([Demand(collector=name)], self.respond.collectors, arguments)
        job = shelves.jobs.get(f"{COLLECT}:{name}:{incident.incident_id}:{start.mark}")
        return job is not None and job.state is not JobState.READY

    def _waits_for_collectors(
        self, run: Run, book: Runbook, books: Mapping[str, Runbook], facts: Facts
    ) -> bool:
        return any(
            spot.record.state is StepState.READY and not facts.kept.issuperset(spot.node.keep)
            for spot in outline(book, run, books)
            if isinstance(spot.node, Step)
        )

    def _await(self, shelves: Shelves, incident: Incident, run: Run, wakes: list[datetime]) -> None:
        if run.state is RunState.RUNNING and wakes:
            wake(shelves, incident.incident_id, run.run_id, min(wakes))
        else:
            shelves.jobs.drop(run_key(run.run_id))


def begun(run: Run, incident: Incident) -> Told:
    """Return the line that tells of a run's beginning."""
    text = f"Begun in {incident.short_name}."
    return Told(place="", kind=Happening.RUN_STARTED, text=text, by=run.started_by)


def _arguments(alerts: tuple[Any, ...]) -> Mapping[str, Any]:
    """Return what collectors of steps are told: the labels of the incident's alerts; the first one counts."""
    return {name: value for alert in reversed(alerts) for name, value in alert.labels.items()}


def _timeline(shelves: Shelves, incident: Incident) -> str:
    lines = shelves.timeline.of_incident(incident.incident_id)
    told = "\n".join(f"{each.at:%Y-%m-%d %H:%M:%S} UTC {each.actor}: {each.text}" for each in lines)
    return told[-TIMELINE_AT_MOST:]


def _texts(run: Run) -> str:
    return "\n".join((run.text, *run.called.values()))
