"""Actions, standing approvals, runs, bags and legal holds in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from tocsin.domain.action import Action, ActionState, StandingApproval
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.run import Run, RunState
from tocsin.store.memory.tables import Tables, newest, put_changed, put_new


class MemoryActions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next_number(self) -> int:
        return self._tables.next_number("action")

    def add(self, action: Action) -> None:
        put_new(self._tables.actions, action.number, action)

    def save(self, action: Action) -> None:
        put_changed(self._tables.actions, action.number, action)

    def get(self, number: int) -> Action | None:
        return self._tables.actions.get(number)

    def by_id(self, action_id: UUID) -> Action | None:
        return next((each for each in self._all if each.action_id == action_id), None)

    def of_incident(self, incident_id: UUID) -> tuple[Action, ...]:
        return tuple(each for each in self._all if each.incident_id == incident_id)

    def listed(self, states: Sequence[ActionState] = (), limit: int = 50) -> tuple[Action, ...]:
        kept = (each for each in self._all if not states or each.state in states)
        return newest(kept, limit, attrgetter("number"))

    def begun_since(self, at: datetime) -> tuple[Action, ...]:
        return tuple(each for each in self._all if each.begun_at is not None and each.begun_at >= at)

    def add_standing(self, approval: StandingApproval) -> StandingApproval:
        numbered = replace(approval, number=self._tables.next_number("standing"))
        put_new(self._tables.standing, numbered.number, numbered)
        return numbered

    def save_standing(self, approval: StandingApproval) -> None:
        put_changed(self._tables.standing, approval.number, approval)

    def standing(self, number: int) -> StandingApproval | None:
        return self._tables.standing.get(number)

    def standing_for(self, action: str = "") -> tuple[StandingApproval, ...]:
        return tuple(each for each in self._tables.standing.values() if action in ("", each.action))

    @property
    def _all(self) -> tuple[Action, ...]:
        return tuple(sorted(self._tables.actions.values(), key=attrgetter("number")))


class MemoryRuns:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next_number(self) -> int:
        return self._tables.next_number("run")

    def add(self, run: Run) -> None:
        put_new(self._tables.runs, run.number, run)

    def save(self, run: Run) -> None:
        put_changed(self._tables.runs, run.number, run)

    def get(self, number: int) -> Run | None:
        return self._tables.runs.get(number)

    def by_id(self, run_id: UUID) -> Run | None:
        return next((each for each in self._all if each.run_id == run_id), None)

    def of_incident(self, incident_id: UUID) -> tuple[Run, ...]:
        return tuple(each for each in self._all if each.incident_id == incident_id)

    def listed(self, states: Sequence[RunState] = (), limit: int = 50) -> tuple[Run, ...]:
        kept = (each for each in self._all if not states or each.state in states)
        return newest(kept, limit, attrgetter("number"))

    @property
    def _all(self) -> tuple[Run, ...]:
        return tuple(sorted(self._tables.runs.values(), key=attrgetter("number")))


class MemoryBags:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next_number(self) -> int:
        return self._tables.next_number("bag")

    def add(self, bag: Bag) -> None:
        put_new(self._tables.bags, bag.number, bag)

    def get(self, number: int) -> Bag | None:
        return self._tables.bags.get(number)

    def of_incident(self, incident_id: UUID) -> tuple[Bag, ...]:
        bags = (each for each in self._tables.bags.values() if each.incident_id == incident_id)
        return tuple(sorted(bags, key=attrgetter("number")))

    def hold(self, hold: LegalHold) -> LegalHold:
        numbered = replace(hold, number=self._tables.next_number("hold"))
        put_new(self._tables.holds, numbered.number, numbered)
        return numbered

    def save_hold(self, hold: LegalHold) -> None:
        put_changed(self._tables.holds, hold.number, hold)

    def holds(self) -> tuple[LegalHold, ...]:
        return tuple(sorted(self._tables.holds.values(), key=attrgetter("number")))
