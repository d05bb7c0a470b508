"""`tocsin run`: runbooks as they are followed. Consent is given in the console, by signed-in people only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.ids import find_incident
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import noun, verb

if TYPE_CHECKING:
    from tocsin.app.wiring import App
    from tocsin.domain.run import Run

COLUMNS = ("id", "incident", "runbook", "state", "open_steps", "missed", "started_by")
STEPS = ("place", "state", "do", "owners", "due_at", "waits_for")
PLANNED = ("place", "applies", "do", "owners", "actions", "evidence", "approve", "undo", "residual")


@verb("list", example="tocsin run list --state running")
@click.option("--state", type=click.Choice(["running", "done", "aborted"]), default=None, help="Only these.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Most rows.")
def listed(show: Show, *, state: str | None, limit: int) -> None:
    """List runs, newest first, with the steps that are open and those that are late."""
    with opened() as app:
        from tocsin.app.runs import runs_of
        from tocsin.domain.run import RunState

        found = runs_of(app).listed((RunState(state),) if state else (), limit)
        records = [_record(app, run) for run in found]
    rows = records if show.as_json else [_flat(record) for record in records]
    show.rows("tocsin.run.list/1", rows, COLUMNS, empty="No runbook was begun yet.")


@verb("show", example="tocsin run show RUN-3")
@click.argument("name", metavar="RUN")
def shown(show: Show, *, name: str) -> None:
    """Show a run: the next thing to do, then every step with its state, owners, due time and answers."""
    with opened() as app:
        from tocsin.app.runs import followed_record, run_number, runs_of

        record = followed_record(runs_of(app).followed(run_number(name)), app.clock.now())
    if show.as_json:
        show.one("tocsin.run.show/1", record)
        return
    following = record["next"]
    if following is not None:
        who, due = ", ".join(following["owners"]) or "anybody", following["due_at"] or "no time set"
        show.say(f"Next: {following['place']}: {following['do']} ({who}, until {due})")
    show.rows("tocsin.run.show/1", [_flat(_waiting(step)) for step in record["steps"]], STEPS)


@verb("start", example="tocsin run start INC-3 failed-login-spike")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("runbook")
def started(show: Show, *, incident_id: str, runbook: str) -> None:
    """Begin RUNBOOK in an incident; it keeps to its text of now, whatever becomes of the file."""
    with opened() as app:
        from tocsin.app.runs import runs_of

        with app.store.reading() as shelves:
            incident = find_incident(shelves, incident_id)
        run = runs_of(app).start(incident.incident_id, runbook, actor())
        _done(show, app, run)


@verb("answer", example="tocsin run answer RUN-3 pattern source=single-ip target=one-account")
@click.argument("name", metavar="RUN")
@click.argument("place", metavar="STEP")
@click.argument("answers", nargs=-1, required=True, metavar="NAME=ANSWER...")
def answered(show: Show, *, name: str, place: str, answers: tuple[str, ...]) -> None:
    """Give answers to a step; some at a time if need be."""
    given = _pairs(answers)
    with opened() as app:
        from tocsin.app.runs import run_number, runs_of

        _done(show, app, runs_of(app).answer(run_number(name), place, given, actor()))


@verb("done", example="tocsin run done RUN-3 notify")
@click.argument("name", metavar="RUN")
@click.argument("place", metavar="STEP")
@click.option("--reason", default="", help="How; needed for a step that failed.")
def marked(show: Show, *, name: str, place: str, reason: str) -> None:
    """Say that a step is done."""
    with opened() as app:
        from tocsin.app.runs import run_number, runs_of

        _done(show, app, runs_of(app).done(run_number(name), place, actor(), reason))


@verb("skip", example="tocsin run skip RUN-3 notify --reason 'No customer is affected.'")
@click.argument("name", metavar="RUN")
@click.argument("place", metavar="STEP")
@click.option("--reason", required=True, help="Why it is not applicable.")
def skipped(show: Show, *, name: str, place: str, reason: str) -> None:
    """Say that a step is not applicable, and why."""
    with opened() as app:
        from tocsin.app.runs import run_number, runs_of

        _done(show, app, runs_of(app).skip(run_number(name), place, actor(), reason))


@verb("retry", example="tocsin run retry RUN-3 sub.block")
@click.argument("name", metavar="RUN")
@click.argument("place", metavar="STEP")
def retried(show: Show, *, name: str, place: str) -> None:
    """Go on from the step that failed; what it has done is not done again."""
    with opened() as app:
        from tocsin.app.runs import run_number, runs_of

        _done(show, app, runs_of(app).retry(run_number(name), place, actor()))


@verb("abort", example="tocsin run abort RUN-3 RUN-4 --reason 'A false alarm.' --rerun")
@click.argument("names", nargs=-1, required=True, metavar="RUN...")
@click.option("--reason", required=True, help="Why; it stands in the log.")
@click.option("--rerun", is_flag=True, help="Begin the same runbooks anew, as their files say now.")
def aborted(show: Show, *, names: tuple[str, ...], reason: str, rerun: bool) -> None:
    """End runs before their end, all or none; what they asked for and has not begun is withdrawn."""
    with opened() as app:
        from tocsin.app.runs import run_number, runs_of

        runs, numbers = runs_of(app), [run_number(name) for name in names]
        if rerun:
            found = runs.rerun(numbers, actor(), reason, actor())
        else:
            found = runs.abort(numbers, actor(), reason)
        records = [_record(app, run) for run in found]
    show.rows("tocsin.run.abort/1", records if show.as_json else [_flat(each) for each in records], COLUMNS)


@verb("plan", example="tocsin runbook plan failed-login-spike --answer pattern.source=single-ip")
@click.argument("runbook")
@click.option("--incident", "incident_id", default="", help="Plan for this incident.")
@click.option("--answer", "answers", multiple=True, metavar="STEP.NAME=ANSWER", help="Suppose this answer.")
def planned(show: Show, *, runbook: str, incident_id: str, answers: tuple[str, ...]) -> None:
    """Rehearse a whole runbook: each step's calls, evidence, approvals, undo, residual. Nothing is called."""
    with opened() as app:
        from tocsin.app.runs import plan_of_runbook

        incident = None
        if incident_id:
            with app.store.reading() as shelves:
                incident = find_incident(shelves, incident_id)
        record = plan_of_runbook(app, runbook, incident, _pairs(answers))
    if show.as_json:
        show.one("tocsin.runbook.plan/1", record)
        return
    show.rows("tocsin.runbook.plan/1", [_planned_row(step) for step in record["steps"]], PLANNED)


def _planned_row(step: dict[str, Any]) -> dict[str, Any]:
    actions = step["actions"]
    collectors = [
        f"{one['collector']} {one['of']}".strip() for each in actions for one in each.get("evidence", ())
    ]
    return {
        "place": step["place"],
        "applies": "yes" if step["applies"] else f"no: {step['reason']}",
        "do": step["do"],
        "owners": ", ".join(step["owners"]),
        "actions": "; ".join(_action_words(each) for each in actions),
        "evidence": ", ".join(dict.fromkeys([*step["keeps"], *collectors])),
        "approve": ", ".join(
            dict.fromkeys([*step["approve"], *(r for each in actions for r in each.get("approvers", ()))])
        ),
        "undo": " ".join(each["undo"] for each in actions if "undo" in each),
        "residual": " ".join(each["residual"] for each in actions if "residual" in each),
    }


def _action_words(action: dict[str, Any]) -> str:
    if action["problem"]:
        return f"{action['action']}: {action['problem']}"
    calls = [f"{call['service']} {call['operation']}" for call in action["calls"] if call["changes"]]
    return f"{action['action']} ({', '.join(calls) or 'reads only'})"


def _waiting(step: dict[str, Any]) -> dict[str, Any]:
    waits = [f"{ask['name']}?" for ask in step.get("asks", ())]
    waits += [f"approval of {role}" for role in step.get("wanted_approvals", ())]
    waits += step.get("open_actions", [])
    waits += ["done"] if step.get("done_by_hand") else []
    waits += [f"late by {step['late_by']}"] if step["late_by"] else []
    says_why = step["state"] in ("ready", "failed") and step["reason"]
    return {**step, "waits_for": [*waits, *([step["reason"]] if says_why else [])]}


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    wrong = next((each for each in given if "=" not in each), None)
    if wrong is not None:
        raise click.UsageError(f"{wrong[:60]!r} is no NAME=ANSWER.")
    return {name: answer for name, _, answer in (each.partition("=") for each in given)}


def _record(app: App, run: Run) -> dict[str, Any]:
    from tocsin.app.runs import run_record

    with app.store.reading() as shelves:
        incident = shelves.incidents.get(run.incident_id)
    return run_record(run, incident.short_name if incident else "")


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: ", ".join(map(str, each)) if isinstance(each, list) else each for name, each in record.items()
    }


def _done(show: Show, app: App, run: Run) -> None:
    record = _record(app, run)
    show.one("tocsin.run/1", record if show.as_json else _flat(record))


run = noun(
    "run",
    "Runbooks as they are followed: start, answer, done, retry, abort.",
    *(listed, shown, started, answered, marked, skipped, retried, aborted),
)
