"""`tocsin plan` and `tocsin apply`: what other packs would change, and putting them in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import Exit
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import asked_yes, leave, verb

if TYPE_CHECKING:
    from tocsin.app.planning import PackPlan

SCHEMA = "tocsin.plan/1"
MOST_SHOWN = 50

_days = click.option(
    "--days",
    default=30,
    show_default=True,
    type=click.IntRange(1, 366),
    help="Days whose alerts are played again.",
)


@verb("plan", example="tocsin plan ./packs --days 30")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@_days
def plan(show: Show, *, folder: Path, days: int) -> None:
    """Say what the packs of FOLDER would change, and which pages that would have sent or saved.

    Ends with 0 if nothing changes, with 10 if something does, with 6 if they would not load.
    """
    with opened() as app:
        from tocsin.app.planning import plan as planned_by

        planned = planned_by(app, folder, days=days)
    _show(show, planned)
    leave(_exit(planned))


@verb("apply", example="tocsin apply ./packs --yes")
@click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@_days
@click.option("--yes", is_flag=True, help="Answer the question.")
@click.option("--dry-run", is_flag=True, help="Only plan.")
@click.option("--back", is_flag=True, help="Put those in force that were before the last time.")
def apply(show: Show, *, folder: Path | None, days: int, yes: bool, dry_run: bool, back: bool) -> None:
    """Put the packs of FOLDER in force, all or none, after a plan and a question.

    Running servers take them within ten seconds. With --back the packs before the last change come back.
    """
    if (folder is None) is not back:
        raise click.UsageError("Give FOLDER, or --back and no folder.")
    with opened() as app:
        from tocsin.app.applying import kept_before, put_in_force
        from tocsin.app.planning import plan as planned_by

        source = kept_before(app) if folder is None else folder
        planned = planned_by(app, source, days=days)
        _show(show, planned)
        if planned.problems or not planned.files or dry_run:
            leave(_exit(planned))
            return
        asked_yes(f"Put these {len(planned.files)} changed files in force?", yes=yes)
        put_in_force(app, planned, actor(), "gone back to" if back else "applied")
    show.say(f"In force: {planned.tree.digest[:16]}. `tocsin apply --back` undoes it.")


def _exit(planned: PackPlan) -> Exit:
    if planned.problems:
        return Exit.PROBLEMS
    return Exit.WAITING if planned.files else Exit.OK


def _show(show: Show, planned: PackPlan) -> None:
    from tocsin.app.plan_record import plan_record

    if show.as_json:
        show.one(SCHEMA, plan_record(planned))
    else:
        _show_changes(show, planned)
        _show_calls(show, planned)
    for problem in planned.problems:
        show.warn(problem)
    if planned.problems:
        show.warn("These packs would not load; what is in force stays.")
    elif not planned.files:
        show.say("Nothing changes.")


def _show_changes(show: Show, planned: PackPlan) -> None:
    from tocsin.app.plan_record import plan_record

    record = plan_record(planned)
    show.rows("", record["files"], ("change", "path"))
    show.rows(
        "",
        [{"where": each.section, "name": each.name, "change": each.text} for each in planned.meanings],
        ("where", "name", "change"),
    )
    shifts = [
        {
            **each,
            "before": ", ".join(each["before"]) or "nobody",
            "after": ", ".join(each["after"]) or "nobody",
        }
        for each in record["shifts"]
    ]
    show.rows("", shifts[:MOST_SHOWN], ("schedule", "start", "end", "before", "after"))
    if len(shifts) > MOST_SHOWN:
        show.say(f"{len(shifts) - MOST_SHOWN} more changed shifts; see them with --json.")
    for person, hours in record["hours"].items():
        show.say(
            f"{person} is on call {abs(hours):g} hours {'more' if hours > 0 else 'less'} within 30 days."
        )


def _show_calls(show: Show, planned: PackPlan) -> None:
    from tocsin.app.plan_record import page_row, total_rows

    calls = planned.calls
    if calls is None:
        return
    rows = [page_row(each) for each in calls.changes]
    show.rows("", rows, ("at", "change", "person", "severity", "alert", "policy", "step", "title"))
    show.rows("", total_rows(calls), ("person", "before", "after", "really"))
    more = sum(each.is_new for each in calls.changes)
    show.say(
        f"Of {calls.alerts:,} alerts since {calls.start:%Y-%m-%d %H:%M} UTC: {more} pages more, "
        f"{len(rows) - more} less."
    )
    for remark in calls.remarks:
        show.say(remark)
