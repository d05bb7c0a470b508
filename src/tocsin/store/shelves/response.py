"""Keeps actions, standing approvals, runs, bags and legal holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from tocsin.domain.action import Action, ActionState, StandingApproval
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.run import Run, RunState
from tocsin.store import models
from tocsin.store.bodies import body_of, noun_of
from tocsin.store.numbers import next_number
from tocsin.store.rows import change, insert

Noun = TypeVar("Noun")


class DjangoActions:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def next_number(self) -> int:
        return next_number("action", self._alias)

    def add(self, action: Action) -> None:
        insert(models.Action(number=action.number, **_action_columns(action)), self._alias)

    def save(self, action: Action) -> None:
        change(models.Action, self._alias, _action_columns(action), number=action.number)

    def get(self, number: int) -> Action | None:
        return _first(self._rows.filter(number=number), Action)

    def by_id(self, action_id: UUID) -> Action | None:
        return _first(self._rows.filter(action_id=action_id), Action)

    def of_incident(self, incident_id: UUID) -> tuple[Action, ...]:
        return _nouns(self._rows.filter(incident=incident_id).order_by("number"), Action)

    def listed(self, states: Sequence[ActionState] = (), limit: int = 50) -> tuple[Action, ...]:
        return _nouns(_in_states(self._rows, states)[:limit], Action)

    def begun_since(self, at: datetime) -> tuple[Action, ...]:
        return _nouns(self._rows.filter(begun_at__gte=at).order_by("number"), Action)

    def add_standing(self, approval: StandingApproval) -> StandingApproval:
        row = models.StandingApproval(action=approval.action, body=body_of(approval))
        insert(row, self._alias)
        return replace(approval, number=row.number)

    def save_standing(self, approval: StandingApproval) -> None:
        change(models.StandingApproval, self._alias, {"body": body_of(approval)}, number=approval.number)

    def standing(self, number: int) -> StandingApproval | None:
        row = self._standing.filter(number=number).first()
        return None if row is None else _standing(row)

    def standing_for(self, action: str = "") -> tuple[StandingApproval, ...]:
        rows = self._standing.filter(action=action) if action else self._standing.all()
        return tuple(_standing(row) for row in rows.order_by("number"))

    @property
    def _rows(self) -> Any:
        return models.Action.objects.using(self._alias)

    @property
    def _standing(self) -> Any:
        return models.StandingApproval.objects.using(self._alias)


class DjangoRuns:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def next_number(self) -> int:
        return next_number("run", self._alias)

    def add(self, run: Run) -> None:
        insert(models.Run(number=run.number, **_run_columns(run)), self._alias)

    def save(self, run: Run) -> None:
        change(models.Run, self._alias, _run_columns(run), number=run.number)

    def get(self, number: int) -> Run | None:
        return _first(self._rows.filter(number=number), Run)

    def by_id(self, run_id: UUID) -> Run | None:
        return _first(self._rows.filter(run_id=run_id), Run)

    def of_incident(self, incident_id: UUID) -> tuple[Run, ...]:
        return _nouns(self._rows.filter(incident=incident_id).order_by("number"), Run)

    def listed(self, states: Sequence[RunState] = (), limit: int = 50) -> tuple[Run, ...]:
        return _nouns(_in_states(self._rows, states)[:limit], Run)

    @property
    def _rows(self) -> Any:
        return models.Run.objects.using(self._alias)


class DjangoBags:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def next_number(self) -> int:
        return next_number("bag", self._alias)

    def add(self, bag: Bag) -> None:
        insert(models.Bag(number=bag.number, incident=bag.incident_id, body=body_of(bag)), self._alias)

    def get(self, number: int) -> Bag | None:
        return _first(self._rows.filter(number=number), Bag)

    def of_incident(self, incident_id: UUID) -> tuple[Bag, ...]:
        return _nouns(self._rows.filter(incident=incident_id).order_by("number"), Bag)

    def hold(self, hold: LegalHold) -> LegalHold:
        row = models.LegalHold(body=body_of(hold))
        insert(row, self._alias)
        return replace(hold, number=row.number)

    def save_hold(self, hold: LegalHold) -> None:
        change(models.LegalHold, self._alias, {"body": body_of(hold)}, number=hold.number)

    def holds(self) -> tuple[LegalHold, ...]:
        rows = models.LegalHold.objects.using(self._alias).order_by("number")
        return tuple(replace(noun_of(row.body, LegalHold), number=row.number) for row in rows)

    @property
    def _rows(self) -> Any:
        return models.Bag.objects.using(self._alias)


def _action_columns(action: Action) -> dict[str, Any]:
    return {
        "action_id": action.action_id,
        "incident": action.incident_id,
        "state": action.state.value,
        "begun_at": action.begun_at,
        "body": body_of(action),
    }


def _run_columns(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "incident": run.incident_id,
        "state": run.state.value,
        "body": body_of(run),
    }


def _in_states(rows: Any, states: Sequence[ActionState] | Sequence[RunState]) -> Any:
    chosen = rows.filter(state__in=[state.value for state in states]) if states else rows.all()
    return chosen.order_by("-number")


def _first(rows: Any, kind: type[Noun]) -> Noun | None:
    row = rows.first()
    return None if row is None else noun_of(row.body, kind)


def _nouns(rows: Any, kind: type[Noun]) -> tuple[Noun, ...]:
    return tuple(noun_of(row.body, kind) for row in rows)


def _standing(row: Any) -> StandingApproval:
    return replace(noun_of(row.body, StandingApproval), number=row.number)
