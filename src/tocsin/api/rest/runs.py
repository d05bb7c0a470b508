"""Runs over REST: begin, answer, mark done, skip, try again, end. Consent is never given by a token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tocsin.api.rest.guard import Desk, desk
from tocsin.app.acting import incident_named
from tocsin.app.runs import followed_record, plan_of_runbook, run_number, run_record, runs_of
from tocsin.domain.person import Permission
from tocsin.domain.run import Run, RunState

router = Router(tags=["runs"])
runbooks = Router(tags=["runbooks"])
MOST_ROWS = 500


class Begin(Schema, extra="forbid"):
    """Which runbook is to be followed in which incident."""

    incident: str
    runbook: str = Field(max_length=64)


class Answers(Schema, extra="forbid"):
    """Answers by their names."""

    answers: dict[str, str]


class Why(Schema, extra="forbid"):
    """A reason, in a few words."""

    reason: str = Field("", max_length=4000)


class Owners(Schema, extra="forbid"):
    """To whom a step is handed over: roles, teams or people."""

    owners: list[str] = Field(max_length=10)


class Ending(Schema, extra="forbid"):
    """Runs to be ended before their end, all or none, and why; `rerun` begins the same runbooks anew."""

    runs: list[str] = Field(min_length=1, max_length=100)
    reason: str = Field(max_length=4000)
    rerun: bool = False


@router.get("")
def listed(
    request: HttpRequest,
    state: Query[list[RunState]] = [],  # noqa: B006  (ninja reads the default, nobody changes it)
    limit: int = 50,
) -> dict[str, Any]:
    """List runs, newest first."""
    seat = desk(request, Permission.READ)
    found = runs_of(seat.app).listed(state, max(1, min(limit, MOST_ROWS)))
    return {"runs": [_out(seat, run) for run in found]}


@router.post("")
def begin(request: HttpRequest, wanted: Begin) -> dict[str, Any]:
    """Begin a runbook in an incident; it keeps to its text of now."""
    seat = desk(request, Permission.RESPOND)
    with seat.app.store.reading() as shelves:
        incident = incident_named(shelves, wanted.incident)
    return _out(seat, runs_of(seat.app).start(incident.incident_id, wanted.runbook, seat.proposer))


@router.post("/abort")
def abort(request: HttpRequest, ending: Ending) -> dict[str, Any]:
    """End runs before their end; what they asked for and has not begun is withdrawn."""
    seat = desk(request, Permission.RESPOND)
    runs, numbers = runs_of(seat.app), [run_number(name) for name in ending.runs]
    if ending.rerun:
        found = runs.rerun(numbers, seat.actor, ending.reason, seat.proposer)
    else:
        found = runs.abort(numbers, seat.actor, ending.reason)
    return {"runs": [_out(seat, run) for run in found]}


@router.get("/{name}")
def shown(request: HttpRequest, name: str) -> dict[str, Any]:
    """Show a run: the next thing to do on top, then every step with its state, owners and due time."""
    seat = desk(request, Permission.READ)
    return followed_record(runs_of(seat.app).followed(run_number(name)), seat.app.clock.now())


@router.post("/{name}/steps/{place}/answer")
def answer(request: HttpRequest, name: str, place: str, given: Answers) -> dict[str, Any]:
    """Give answers to a step; some at a time if need be."""
    seat = desk(request, Permission.RESPOND)
    run = runs_of(seat.app).answer(run_number(name), place, given.answers, seat.actor)
    return _out(seat, run)


@router.post("/{name}/steps/{place}/done")
def done(request: HttpRequest, name: str, place: str, why: Why) -> dict[str, Any]:
    """Say that a step is done; a reason is needed for one that failed."""
    seat = desk(request, Permission.RESPOND)
    return _out(seat, runs_of(seat.app).done(run_number(name), place, seat.actor, why.reason))


@router.post("/{name}/steps/{place}/skip")
def skip(request: HttpRequest, name: str, place: str, why: Why) -> dict[str, Any]:
    """Say that a step is not applicable, and why."""
    seat = desk(request, Permission.RESPOND)
    return _out(seat, runs_of(seat.app).skip(run_number(name), place, seat.actor, why.reason))


@router.post("/{name}/steps/{place}/retry")
def retry(request: HttpRequest, name: str, place: str) -> dict[str, Any]:
    """Go on from the step that failed; what it has done is not done again."""
    seat = desk(request, Permission.RESPOND)
    return _out(seat, runs_of(seat.app).retry(run_number(name), place, seat.actor))


@router.post("/{name}/steps/{place}/owners")
def hand_over(request: HttpRequest, name: str, place: str, to: Owners) -> dict[str, Any]:
    """Give a step to other owners."""
    seat = desk(request, Permission.COMMAND)
    return _out(seat, runs_of(seat.app).hand_over(run_number(name), place, to.owners, seat.actor))


@runbooks.get("")
def books(request: HttpRequest) -> dict[str, Any]:
    """List the runbooks that can be followed."""
    seat = desk(request, Permission.READ)
    found = seat.app.take.triggers.library().values()
    return {
        "runbooks": [
            {
                "runbook": book.runbook_id,
                "title": book.title,
                "trigger": {key: list(values) for key, values in book.trigger.items()},
                "severity": book.severity.value if book.severity else None,
                "digest": f"sha256:{book.digest}",
            }
            for book in sorted(found, key=lambda book: book.runbook_id)
        ]
    }


@runbooks.post("/{runbook}/plan")
def plan(request: HttpRequest, runbook: str, supposed: Answers, incident: str = "") -> dict[str, Any]:
    """Rehearse a runbook: each step's calls, evidence, approvals, undo, residual. Nothing outside is called.

    Answers are named `step.answer`.
    """
    seat = desk(request, Permission.READ)
    meant = None
    if incident:
        with seat.app.store.reading() as shelves:
            meant = incident_named(shelves, incident)
    return plan_of_runbook(seat.app, runbook, meant, supposed.answers)


def _out(seat: Desk, run: Run) -> dict[str, Any]:
    with seat.app.store.reading() as shelves:
        incident = shelves.incidents.get(run.incident_id)
    return run_record(run, incident.short_name if incident else "")
