"""Which actions and steps wait for the consent of the person who looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.app.acting import ground_of
from tocsin.app.runs import runs_of
from tocsin.app.wiring import App
from tocsin.console.gate import Viewer
from tocsin.console.runs import Row, shown_run
from tocsin.domain.action import Action, ActionState
from tocsin.domain.incident import Incident
from tocsin.domain.person import Permission
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import Run, RunState, StepState
from tocsin.flow.act_ground import Ground
from tocsin.flow.act_waits import waits_of
from tocsin.response import approving
from tocsin.response.approving import MayApprove
from tocsin.runbooks.faults import RunbookWrong

MOST_ACTIONS = 200
MOST_RUNS = 10
"""So many runs under way, the newest, are looked through for steps that wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForConsent:
    """An action that waits for consent, as which roles, and whether this person can be one of them."""

    action: Action
    incident: Incident | None
    roles: tuple[str, ...]
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForConsent:
    """A step of a run that waits for this person's consent."""

    run: Run
    row: Row


def may_consent(viewer: Viewer) -> bool:
    """Say whether a person can ever consent."""
    return viewer.may(Permission.APPROVE) or viewer.may_command


def actions_for_consent(app: App, viewer: Viewer) -> tuple[ForConsent, ...]:
    """Return the actions that wait for people to consent, those that this person can consent to first."""
    with app.store.reading() as shelves:
        waiting = shelves.actions.listed((ActionState.PROPOSED,), MOST_ACTIONS)
        if not waiting:
            return ()
        ground, now = ground_of(app), app.clock.now()
        may = _remembered(ground.may_approve)
        found = [_for_consent(ground, shelves, each, viewer, may, now) for each in waiting if each.kept]
    shown = (each for each in found if each is not None)
    return tuple(sorted(shown, key=lambda each: (not each.is_mine, each.action.expires_at)))


def steps_for_consent(app: App, viewer: Viewer) -> tuple[StepForConsent, ...]:
    """Return the steps of runs under way that wait for this person's consent."""
    with app.store.reading() as shelves:
        going = shelves.runs.listed((RunState.RUNNING,), MOST_RUNS) if may_consent(viewer) else ()
    going = tuple(run for run in going if any(each.state is StepState.READY for each in run.steps.values()))
    if not going:
        return ()
    chapter = runs_of(app)
    found: list[StepForConsent] = []
    for run in going:
        try:
            shown = shown_run(app, chapter, chapter.followed(run.number), viewer)
        except RunbookWrong:
            continue
        found += [StepForConsent(run=run, row=row) for row in shown.rows if row.can_approve]
    return tuple(found)


def _for_consent(
    ground: Ground, shelves: Shelves, action: Action, viewer: Viewer, may: MayApprove, now: datetime
) -> ForConsent | None:
    incident = shelves.incidents.get(action.incident_id)
    roles: Sequence[str] = approving.lacking(action, may, now)
    takes_second = False
    if not roles and incident is not None and action.name in ground.performers:
        waits = waits_of(ground, shelves, incident, action, now)
        roles, takes_second = waits.people, waits.takes_second
    if not roles:
        return None
    fitting = approving.roles_for(viewer.username, action, may, now, takes_second=takes_second)
    return ForConsent(action=action, incident=incident, roles=tuple(roles), is_mine=any(fitting.values()))


def _remembered(may: MayApprove) -> MayApprove:
    """Ask about each person and role once: each question is a query."""
    known: dict[tuple[str, str], bool] = {}

    def asked(person: str, role: str) -> bool:
        if (person, role) not in known:
            known[person, role] = may(person, role)
        return known[person, role]

    return asked
