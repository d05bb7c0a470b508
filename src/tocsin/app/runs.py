"""Builds the chapter of runbooks, and shows runs and dry runs as every door does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.app.acting import act_of, plan_record
from tocsin.app.runbooks import owners_in
from tocsin.app.wiring import App
from tocsin.connectors.plain import is_web_link
from tocsin.domain.alert import Alert
from tocsin.domain.errors import NotFound
from tocsin.domain.expressions import render, text_of
from tocsin.domain.incident import Incident, Status
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.domain.runbook import Ask, Called, Repeat, Runbook, Step
from tocsin.domain.severity import Severity
from tocsin.flow.next_level import NextLevel
from tocsin.flow.runs import Followed, Runs
from tocsin.flow.runs_acting import ByRunbook, library_for
from tocsin.flow.runs_going import Going
from tocsin.flow.runs_plan import PlannedAction, PlannedStep, Planning
from tocsin.response.approving import still_asked
from tocsin.runbooks.hands import owners_of
from tocsin.runbooks.outline import Spot
from tocsin.runbooks.scope import names_for
from tocsin.runbooks.stepping import is_approved_as_actions, missing_approvals, unanswered
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

OPEN = (StepState.READY, StepState.FAILED)
"""States of a step that people or actions still have to do with."""
LEFT = (StepState.WAITING, StepState.READY)
NOT_DONE = "not-done"
"""What a step is called that was still to come or to be done when its run ended."""


def runs_of(app: App) -> Runs:
    """Return the chapter of runbooks. Raises as `act_of` does."""
    act = act_of(app)
    going = Going(
        library_for(act, app.take.triggers.library), app.respond, NextLevel(app.call), ByRunbook(act)
    )

    def known() -> frozenset[str] | None:
        listed = owners_in(app.policies.roster)
        accounts = Accounts(DjangoStore()).everybody() if listed else ()
        return listed and listed | {account.username for account in accounts if account.is_active}

    return Runs(app.store, app.clock, going, act.ground.may_approve, known)


def planning_of(app: App) -> Planning:
    """Return what makes dry runs of runbooks."""
    act = act_of(app)
    return Planning(act, library_for(act, app.take.triggers.library))


def run_number(short_name: str) -> int:
    """Return the number behind `RUN-n`. Raises `NotFound`."""
    number = short_name.upper().removeprefix("RUN-")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NotFound(
            f"{short_name[:40]!r} is no run's name.",
            means="Nothing was shown or changed.",
            next_step="`tocsin run list` has those there are, such as RUN-3.",
        )
    return int(number)


def run_record(run: Run, incident: str) -> dict[str, Any]:
    """Return a run as JSON values."""
    is_going = run.state is RunState.RUNNING
    open_steps = [place for place, each in run.steps.items() if is_going and each.state in OPEN]
    return {
        "id": run.short_name,
        "incident": incident,
        "runbook": run.runbook_id,
        "digest": f"sha256:{run.digest}",
        "state": run.state.value,
        "started_at": run.started_at.isoformat(),
        "started_by": run.started_by,
        "ended_at": _time(run.ended_at),
        "ended_by": run.ended_by,
        "reason": run.reason,
        "open_steps": open_steps,
        "missed": [place for place, each in run.steps.items() if each.missed_at is not None],
    }


def followed_record(followed: Followed, now: datetime) -> dict[str, Any]:
    """Return a run with its steps in order, and the next thing to do on top."""
    steps = [step_record(spot, followed, now) for spot in followed.spots]
    return {
        **run_record(followed.run, followed.incident.short_name),
        "title": followed.book.title,
        "next": _next(steps) if followed.run.state is RunState.RUNNING else None,
        "steps": steps,
    }


def _next(steps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next((step for step in by_urgency(steps) if step["state"] in OPEN), None)


def by_urgency(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return steps, those that are due first before others; what people must do before what goes on."""
    return sorted(steps, key=lambda step: (not step["waits_for_people"], step["due_at"] or "9"))


def step_record(spot: Spot, followed: Followed, now: datetime) -> dict[str, Any]:
    """Return one step, repeat or call as JSON values.

    Of a run that has ended, a step that was to come or to be done is `not-done`, for good.
    """
    record, node = spot.record, spot.node
    is_left = followed.run.state is not RunState.RUNNING and record.state in LEFT
    shown: dict[str, Any] = {
        "place": spot.place,
        "kind": {Step: "step", Repeat: "repeat", Called: "call"}[type(node)],
        "do": _does(node),
        "state": NOT_DONE if is_left else record.state.value,
        "branch": spot.branch,
        "owners": list(owners_of(node, record)) if isinstance(node, Step) else [],
        "ready_at": _time(record.ready_at),
        "due_at": _time(record.due_at),
        "missed_at": _time(record.missed_at),
        "late_by": text_of(late_by(record, followed.run, now)),
        "done_at": _time(record.done_at),
        "done_by": record.done_by,
        "answers": dict(record.answers),
        "actions": [f"ACT-{number}" for number in record.actions],
        "approvals": list(record.approvals),
        "reason": record.reason,
        "waits_for_people": False,
        "waits_for_consent_of": [],
    }
    if isinstance(node, Step):
        shown |= _asked_of_people(spot, node, followed, now)
    return shown


def _asked_of_people(spot: Spot, step: Step, followed: Followed, now: datetime) -> dict[str, Any]:
    record, facts = spot.record, followed.facts
    is_going = followed.run.state is RunState.RUNNING
    names = names_for(spot.scope, followed.run.steps, facts, now)
    is_ready = is_going and record.state is StepState.READY
    by_action = is_approved_as_actions(step, facts.containments)
    approvals = () if by_action or not is_ready else missing_approvals(step, record)
    is_open = is_going and record.state in OPEN
    asks = [_ask(ask, names) for ask in step.asks if is_open and ask.name in unanswered(step, record)]
    is_by_hand = is_ready and not approvals and not (step.actions or step.keep or step.asks)
    open_actions = [n for n in record.actions if facts.actions[n].state.is_open]
    proposed = (facts.actions[n] for n in open_actions if is_going)
    consents = (*approvals, *(role for each in proposed for role in still_asked(each, now)))
    return {
        "condition": step.condition,
        "asks": asks,
        "approve": list(step.approve if record.approvers is None else record.approvers),
        "wanted_approvals": list(approvals),
        "waits_for_consent_of": list(dict.fromkeys(consents)),
        "keeps": list(step.keep),
        "see": step.see,
        "is_link": is_web_link(step.see),
        "runs": [each.action for each in step.actions],
        "open_actions": [f"ACT-{number}" for number in open_actions],
        "done_by_hand": is_by_hand,
        "waits_for_people": bool(asks or consents or is_by_hand or (is_open and not is_ready)),
    }


def late_by(record: StepRecord, run: Run, now: datetime) -> timedelta | None:
    """Return by how much a step is late, in whole seconds, None where it is not.

    It grows until the step is over or its run has ended, and then stays as it is.
    """
    until = record.done_at or run.ended_at or now
    if record.due_at is None or until <= record.due_at:
        return None
    return timedelta(seconds=max(1, int((until - record.due_at).total_seconds())))


def _ask(ask: Ask, names: Mapping[str, Any]) -> dict[str, Any]:
    proposed = text_of(render(ask.proposed, names)) if ask.proposed else ""
    return {"name": ask.name, "choices": list(ask.choices), "proposed": proposed}


def _does(node: Step | Repeat | Called) -> str:
    match node:
        case Step():
            return node.do
        case Repeat():
            return f"Repeat every {text_of(node.every)} until {node.until}"
        case _:
            return f"Follow the runbook {node.runbook}"


def plan_of_runbook(
    app: App, runbook_id: str, incident: Incident | None, answers: Mapping[str, str]
) -> dict[str, Any]:
    """Return the dry run of a runbook, in an incident or in one as its trigger has it. Raises `NotFound`."""
    planning = planning_of(app)
    book = planning.library.get(runbook_id)
    now = app.clock.now()
    alerts: tuple[Alert, ...] = ()
    if incident is None:
        incident, alerts = _supposed(book, now)
    else:
        with app.store.reading() as shelves:
            alerts = shelves.alerts.of_incident(incident.incident_id)
    steps = planning.plan(book, incident, alerts, answers, now)
    return {
        "runbook": book.runbook_id,
        "title": book.title,
        "digest": f"sha256:{book.digest}",
        "incident": incident.short_name if incident.number else "",
        "steps": [planned_record(step) for step in steps],
    }


def planned_record(planned: PlannedStep) -> dict[str, Any]:
    """Return one step of a dry run as JSON values."""
    step = planned.step
    return {
        "place": planned.spot.place,
        "do": step.do,
        "owners": list(step.owners),
        "within": text_of(step.within),
        "by": text_of(step.by),
        "condition": step.condition,
        "applies": planned.applies,
        "reason": planned.reason,
        "answers": dict(planned.answers),
        "approve": list(step.approve),
        "keeps": list(step.keep),
        "actions": [_planned_action(each) for each in planned.actions],
    }


def _planned_action(planned: PlannedAction) -> dict[str, Any]:
    shown = plan_record(planned.plan) if planned.plan else {"action": planned.action}
    return {
        **shown,
        "arguments": {name: text_of(value) for name, value in planned.arguments.items()},
        "assumed": list(planned.assumed),
        "problem": planned.problem,
        "reverts_after": text_of(planned.plan.reverts_after) if planned.plan else "",
    }


def _supposed(book: Runbook, now: datetime) -> tuple[Incident, tuple[Alert, ...]]:
    """Return an incident as the runbook's trigger has it, which is kept nowhere."""
    named = {key: values[0] for key, values in book.trigger.items() if values}
    incident = Incident(
        incident_id=UUID(int=0),
        number=0,
        title=book.title,
        severity=book.severity or Severity(named.get("severity", Severity.P3.value)),
        type=named.get("type", "unknown"),
        status=Status.OPEN,
        group_key="",
        detected_at=now,
        opened_at=now,
        services=(named["service"],) if "service" in named else (),
    )
    alert = Alert(
        fingerprint="0" * 16,
        source="rehearsal",
        labels={"alertname": named.get("alert", book.runbook_id)},
        starts_at=now,
        ends_at=now,
        updated_at=now,
    )
    return incident, (replace(alert, incident_id=incident.incident_id),)


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
