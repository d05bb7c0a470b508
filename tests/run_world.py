"""Runs over the small world of actions: true chapters, true workers, and kills between any two steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from acting_world import COLLECT, POLICY, World
from tocsin.domain.action import Action, ActionState, Door
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import Run, StepState
from tocsin.domain.runbook import Runbook
from tocsin.flow.act_ground import Ground
from tocsin.flow.call import Call
from tocsin.flow.next_level import NextLevel
from tocsin.flow.record import hold_for
from tocsin.flow.respond import Respond
from tocsin.flow.runs import Runs
from tocsin.flow.runs_acting import ByRunbook, library_for, waking
from tocsin.flow.runs_going import Going
from tocsin.flow.runs_plan import Planning
from tocsin.flow.runs_triggers import START
from tocsin.flow.runs_wake import RUN
from tocsin.oncall.roster import parse_roster
from tocsin.runbooks.outline import outline
from tocsin.runbooks.reading import read
from tocsin.worker.kernel import Lane, Transition

ONCALL = """
people: {ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben]}
escalation: {P1: [{after: 0m, page: primary}], P2: [{after: 0m, page: primary}]}
"""
CONTAINED = """
runbook: contained
title: Contain it
steps:
- {id: tell, do: Tell, within: 5m, run: fake.post, with: {text: 'It began in {{ incident.name }}'}}
- {id: ask, do: Ask, ask: {how: [hard, soft]}}
- parallel:
  - {id: keep, do: Keep, keep: [audit.export, app.log]}
  - {id: sub, call: stopped}
- {id: soft, if: ask.how == 'soft', do: Softly, run: fake.post, with: {text: softly}}
- {id: end, do: End, approve: legal, within: 1h}
"""
STOPPED = """
runbook: stopped
title: Stop the service
steps:
- {id: stop, do: Stop it, approve: security-lead, run: fake.scale, with: {count: 0}}
- {id: told, do: Tell, run: fake.post, with: {text: 'It was {{ stop.was }}'}}
"""


class RunWorld(World):
    """The world, with runbooks that are followed in it."""

    def __init__(
        self, step: Callable[[], None] = lambda: None, books: tuple[str, ...] = (CONTAINED, STOPPED)
    ) -> None:
        self.books: dict[str, Runbook] = {}
        for text in books:
            book = read(text, "book.yml")
            self.books[book.runbook_id] = book
        super().__init__(step, POLICY)

    def _ground(self) -> Ground:
        return replace(super()._ground(), ended=waking(self.clock.now))

    def begin_anew(self) -> None:
        super().begin_anew()
        call = Call(self.store, self.clock, parse_roster(ONCALL, "oncall.yml"), b"k" * 32)
        respond = Respond(self.store, self.clock, self.locker)
        library = library_for(self.act, lambda: self.books)
        going = Going(library, respond, NextLevel(call), ByRunbook(self.act))
        self.runs = Runs(self.store, self.clock, going, self.act.ground.may_approve)
        self.planning = Planning(self.act, library)
        more: Mapping[str, Any] = {
            RUN: Transition(self.runs.look, hold_for),
            START: Transition(self.runs.start_due, hold_for),
        }
        lanes = [*self.kernel.lanes, *(Lane({kind: each}, places=4) for kind, each in more.items())]
        self.kernel = replace_lanes(self.kernel, lanes)

    def start(self, name: str = "contained") -> Run:
        return self.runs.start(self.incident, name, "ben")

    def known(self, number: int = 1) -> Run:
        with self.memory.reading() as shelves:
            found = shelves.runs.get(number)
        assert found is not None
        return found

    def states(self, number: int = 1) -> dict[str, str]:
        return {place: each.state.value for place, each in self.known(number).steps.items()}

    def actions(self) -> tuple[Action, ...]:
        with self.memory.reading() as shelves:
            return shelves.actions.of_incident(self.incident)

    def turn(self) -> None:
        """Do what is due, seal, and let people do what waits for them."""
        self.run()
        self.seal()
        self.push(3)
        for action in self.actions():
            self._consent(action)
        for run in self.runs.listed():
            self._by_people(run)
        self.run()

    def _consent(self, action: Action) -> None:
        if action.state is ActionState.UNKNOWN:
            took = any("key" in each.parameters for each in self.partner.changed) and any(
                each.parameters.get("key") == str(action.action_id) for each in self.partner.changed
            )
            self.act.consenting.resolve(action.number, "ada", took_effect=took, note="I looked.")
        elif action.state is ActionState.PROPOSED and action.approvers and action.kept:
            person = {"security-lead": "dana", "legal": "chidi"}.get(action.approvers[0], "ada")
            self.act.consenting.approve(action.number, person, door=Door.CONSOLE)

    def _by_people(self, run: Run) -> None:
        book, books = self.runs.library.pinned(run)
        for spot in outline(book, run, books):
            if spot.record.state is StepState.FAILED:
                self.runs.retry(run.number, spot.place, "ben")
            if spot.record.state is not StepState.READY:
                continue
            if spot.place == "ask" and not spot.record.answers:
                self.runs.answer(run.number, "ask", {"how": "hard"}, "ben")
            if spot.place == "end":
                if not spot.record.approvals:
                    self.runs.approve(run.number, "end", "chidi")
                self.runs.done(run.number, "end", "ben")

    def _next(self, end: datetime) -> datetime | None:
        kinds = {kind for lane in self.kernel.lanes for kind in lane.handlers}
        with self.memory.reading() as shelves:
            jobs = shelves.jobs.listed(JobState.READY, 1000)
        return min((job.run_at for job in jobs if job.kind in kinds and job.run_at <= end), default=None)

    def _gather(self, shelves: Shelves, job: Job) -> None:
        if "what" not in job.args:
            job = replace(job, args={**job.args, "what": f'["{job.args["collector"]}", ""]'})
        super()._gather(shelves, job)


def replace_lanes(kernel: Any, lanes: list[Lane]) -> Any:
    """Return a worker of the same name with these lanes."""
    return type(kernel)(kernel.store, kernel.clock, lanes, owner=kernel.owner, is_gone=kernel.is_gone)


__all__ = ["COLLECT", "CONTAINED", "STOPPED", "RunWorld"]
