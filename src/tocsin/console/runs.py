"""Runs on the screen: the next thing to do, who, until when; then every step, and what people say to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.acting import incident_named
from tocsin.app.runbook_quotes import linked_pages
from tocsin.app.runs import NOT_DONE, by_urgency, runs_of, step_record
from tocsin.app.wiring import App, current_app
from tocsin.console.gate import Viewer, done, needs, page
from tocsin.console.refusals import FormIncomplete, RoleLacksPermission
from tocsin.domain.action import Action, ActionState
from tocsin.domain.incident import ClockKind, Incident, IncidentClock
from tocsin.domain.person import Permission
from tocsin.domain.run import Run, RunState, StepState
from tocsin.flow.runs import Followed, Runs
from tocsin.response.executing import can_undo
from tocsin.runbooks.faults import RunbookWrong
from tocsin.runbooks.outline import Spot

ROWS = 50
_ANSWER = "answer-"
_WORDS = {
    NOT_DONE: "Not done",
    StepState.WAITING: "Not its turn yet",
    StepState.READY: "To do",
    StepState.DONE: "Done",
    StepState.NOT_APPLICABLE: "Not applicable",
    StepState.FAILED: "Failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step as the page shows it. `said` is its record; `undoable` are actions that can be taken back."""

    spot: Spot
    said: Mapping[str, Any]
    words: str
    answers: tuple[tuple[str, Any], ...]
    clock: IncidentClock | None
    actions: tuple[Action, ...]
    undoable: tuple[Action, ...]
    can_approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One run as pages show it: what is to be done next stands apart."""

    run: Run
    title: str
    rows: tuple[Row, ...]
    following: tuple[Row, ...]
    missed: int

    @property
    def is_going(self) -> bool:
        """Say whether it still goes on."""
        return self.run.state is RunState.RUNNING


def shown_run(app: App, runs: Runs, followed: Followed, viewer: Viewer) -> Shown:
    """Return a run as this person sees it."""
    now = app.clock.now()
    rows = {
        spot.place: _row(spot, followed, runs, viewer, step_record(spot, followed, now))
        for spot in followed.spots
    }
    open_steps = [row.said for row in rows.values() if row.said["state"] in ("ready", "failed")]
    is_going = followed.run.state is RunState.RUNNING
    following = by_urgency([step for step in open_steps if step["kind"] == "step"]) if is_going else []
    return Shown(
        run=followed.run,
        title=followed.book.title,
        rows=tuple(rows.values()),
        following=tuple(rows[step["place"]] for step in following),
        missed=sum(row.spot.record.missed_at is not None for row in rows.values()),
    )


def shown_in(app: App, incident: Incident, viewer: Viewer) -> tuple[Shown, ...]:
    """Return the runs of an incident, those that go on first."""
    with app.store.reading() as shelves:
        found = shelves.runs.of_incident(incident.incident_id)
    if not found:
        return ()
    runs = runs_of(app)
    ordered = sorted(found, key=lambda run: (run.state is not RunState.RUNNING, run.number))
    return tuple(_shown_or_named(app, runs, run, viewer) for run in ordered)


def _shown_or_named(app: App, runs: Runs, run: Run, viewer: Viewer) -> Shown:
    """Return a run, with nothing but its name where its text cannot be read any more."""
    try:
        return shown_run(app, runs, runs.followed(run.number), viewer)
    except RunbookWrong as wrong:
        return Shown(run=run, title=wrong.happened, rows=(), following=(), missed=0)


@needs(Permission.READ)
def runs(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """List runs, newest first."""
    app = current_app()
    found = runs_of(app).listed(limit=ROWS)
    with app.store.reading() as shelves:
        rows = [{"run": run, "incident": shelves.incidents.get(run.incident_id)} for run in found]
    return page(request, viewer, "console/runs.html", {"room": "runbooks", "rows": rows})


@needs(Permission.READ)
def run(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Show one run."""
    app = current_app()
    chapter = runs_of(app)
    followed = chapter.followed(number)
    with app.store.reading() as shelves:
        exhibits = shelves.exhibits.of_incident(followed.incident.incident_id)
    context = {
        "room": "runbooks",
        "incident": followed.incident,
        "shown": shown_run(app, chapter, followed, viewer),
        "pages_linked": linked_pages(app.locker, followed.facts.alerts, exhibits),
    }
    return page(request, viewer, "console/run.html", context)


@require_POST
@needs(Permission.RESPOND)
def start(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Begin a runbook in an incident."""
    app = current_app()
    with app.store.reading() as shelves:
        incident = incident_named(shelves, _text(request, "incident", "an incident such as INC-1").upper())
    begun = runs_of(app).start(incident.incident_id, _text(request, "runbook", "a runbook"), viewer.username)
    return done(request, f"{begun.short_name} has begun.", reverse("run", args=[begun.number]))


@require_POST
@needs(Permission.READ)
def step(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Say something to a step: answer, done, skip, retry, approve, hand over, other approvers."""
    act = request.POST.get("do", "")
    _demand(viewer, act)
    place = _text(request, "step", "a step")
    words = _said(request, viewer, number, place, act)
    return done(request, f"{place}: {words}.", reverse("run", args=[number]))


@require_POST
@needs(Permission.COMMAND)
def abort(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """End a run before its end, and begin its runbook anew where that is asked for."""
    chapter = runs_of(current_app())
    reason = _text(request, "reason", "a reason")
    if request.POST.get("rerun"):
        _, begun = chapter.rerun([number], viewer.username, reason, viewer.username)
        words = f"RUN-{number} has ended, {begun.short_name} has begun."
        return done(request, words, reverse("run", args=[begun.number]))
    chapter.abort([number], viewer.username, reason)
    return done(request, f"RUN-{number} has ended.", reverse("run", args=[number]))


def _said(request: HttpRequest, viewer: Viewer, number: int, place: str, act: str) -> str:
    chapter, person = runs_of(current_app()), viewer.username
    reason = request.POST.get("reason", "").strip()
    match act:
        case "answer":
            chapter.answer(number, place, _answers(request), person)
            return "answered"
        case "done":
            chapter.done(number, place, person, reason)
            return "done"
        case "skip":
            chapter.skip(number, place, person, reason)
            return "not applicable"
        case "retry":
            chapter.retry(number, place, person)
            return "tried again"
        case "approve":
            chapter.approve(number, place, person)
            return "you consent"
        case "owners":
            chapter.hand_over(number, place, _names(request), person)
            return "handed over"
        case _:
            chapter.name_approvers(number, place, _names(request), person)
            return "other approvers are named"


def _demand(viewer: Viewer, act: str) -> None:
    """Demand the permission for what is said to a step; consent is for whoever may approve or commands."""
    needed = {
        "approve": Permission.APPROVE,
        "owners": Permission.COMMAND,
        "approvers": Permission.COMMAND,
        **dict.fromkeys(("answer", "done", "skip", "retry"), Permission.RESPOND),
    }.get(act)
    if needed is None:
        raise FormIncomplete("what to do with the step")
    if not viewer.may(needed) and not (act == "approve" and viewer.may_command):
        raise RoleLacksPermission(viewer.role, needed)


def _row(spot: Spot, followed: Followed, runs: Runs, viewer: Viewer, said: Mapping[str, Any]) -> Row:
    record = spot.record
    actions = tuple(followed.facts.actions[number] for number in record.actions)
    wanted: Sequence[str] = said.get("wanted_approvals", ())
    may = viewer.may(Permission.APPROVE) or viewer.may_command
    return Row(
        spot=spot,
        said=said,
        words=_WORDS[said["state"]],
        answers=tuple(record.answers.items()),
        clock=_clock(spot, followed),
        actions=actions,
        undoable=tuple(each for each in actions if each.state is ActionState.DONE and can_undo(each)),
        can_approve=may and any(runs.may_approve(viewer.username, role) for role in wanted),
    )


def _clock(spot: Spot, followed: Followed) -> IncidentClock | None:
    """Return the clock of a step that may still be in time, or was; one that is over and late has none."""
    record = spot.record
    has_ended = followed.run.state is not RunState.RUNNING
    is_late = record.done_at is not None and record.due_at is not None and record.done_at > record.due_at
    if record.due_at is None or is_late or (has_ended and record.done_at is None):
        return None
    return IncidentClock(
        kind=ClockKind.ENGAGE,
        started_at=record.ready_at or followed.run.started_at,
        due_at=record.due_at,
        owner="",
        consequence="the next level is paged",
        met_at=record.done_at,
        missed_at=record.missed_at,
    )


def _answers(request: HttpRequest) -> dict[str, str]:
    given = ((name, str(value)) for name, value in request.POST.items() if name.startswith(_ANSWER))
    return {name.removeprefix(_ANSWER): value for name, value in given if value.strip()}


def _names(request: HttpRequest) -> list[str]:
    return _text(request, "names", "a role or a person").split(",")


def _text(request: HttpRequest, name: str, missing: str) -> str:
    text = request.POST.get(name, "").strip()
    if not text:
        raise FormIncomplete(missing)
    return text
