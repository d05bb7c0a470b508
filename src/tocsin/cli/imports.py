"""`tocsin import`: what other products are configured with, taken over into a pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import Exit
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import Verb, asked_yes, leave, noun, verb

if TYPE_CHECKING:
    from tocsin.app.oncall_import import TakenOver
    from tocsin.oncall.imports.comparing import Difference

COLUMNS = ("what", "detail")


@verb("alertmanager", example="tocsin import alertmanager /etc/prometheus/alertmanager.yml --write")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--write", is_flag=True, help="Write it; else only say what would be written.")
@click.option("--yes", is_flag=True, help="Replace an earlier import without asking.")
def alertmanager(show: Show, *, file: Path, write: bool, yes: bool) -> None:
    """Check an alertmanager.yml and take it over into packs/imported of the home folder.

    Names each thing that works otherwise here. Routes, receivers, inhibition, time intervals and templates
    are in force after the next start or reload.
    """
    from tocsin.app import alertmanager_import
    from tocsin.app.settings import load_settings

    taken = alertmanager_import.plan(file, load_settings().home)
    changes = taken.changes
    rows = [{"what": "warning", "detail": each} for each in taken.warnings]
    rows += [{"what": "writes" if write else "would write", "detail": str(path)} for path, _ in changes]
    if write and changes:
        if any(path.exists() for path, _ in changes):
            asked_yes("An earlier import is there. Replace it?", yes=yes)
        alertmanager_import.write(taken)
    show.rows("tocsin.import.alertmanager/1", rows, COLUMNS)
    read = taken.configuration
    show.say(
        f"{len(read.receivers)} receivers, {len(read.inhibit_rules)} inhibition rules,"
        f" {len(read.intervals)} time intervals, {len(taken.warnings)} warnings."
    )
    if changes and not write:
        show.say("Nothing was written; give --write.")
    elif not changes:
        show.say(f"{taken.target} is the same already.")


def _oncall_verb(system: str, called: str) -> Verb:
    def take_over(show: Show, *, export: Path, write: bool, yes: bool) -> None:
        _take_over(show, system, export, write=write, yes=yes)

    take_over.__doc__ = f"""Take people, schedules, policies and overrides of {called} over into a pack.

    EXPORT is a JSON file, or a folder of them, as the product's API answers (docs/import.md). Says what
    cannot be carried over, and compares for the next 30 days, minute by minute, who is on call by the
    export and by what is made of it; exit 6 where they differ.
    """
    take_over = click.option("--yes", is_flag=True, help="Replace an earlier import without asking.")(
        take_over
    )
    take_over = click.option("--write", is_flag=True, help="Write it; else only say what would be written.")(
        take_over
    )
    take_over = click.argument("export", type=click.Path(path_type=Path), metavar="EXPORT")(take_over)
    return verb(system, example=f"tocsin import {system} export/ --write")(take_over)


def _take_over(show: Show, system: str, export: Path, *, write: bool, yes: bool) -> None:
    from tocsin.app import oncall_import
    from tocsin.app.settings import load_settings
    from tocsin.domain.clock import SystemClock

    taken = oncall_import.plan(system, export, load_settings().home, SystemClock().now())
    fresh = not taken.is_there
    if write and fresh:
        if taken.target.exists():
            asked_yes("An earlier import is there. Replace it?", yes=yes)
        oncall_import.write(taken)
    made = _overrides(show, taken) if write else 0
    show.rows(f"tocsin.import.{system}/1", _told(taken, writes=write, fresh=fresh), COLUMNS)
    carried = taken.carried
    show.say(
        f"{len(carried.people)} people, {len(carried.schedules)} schedules, {len(carried.policies)} policies,"
        f" {len(carried.overrides)} overrides ({made} made), {len(carried.warnings)} warnings,"
        f" {taken.differences} differences in 30 days."
    )
    if not write:
        show.say("Nothing was written; give --write.")
    elif not fresh:
        show.say(f"{taken.target} is the same already.")
    leave(Exit.PROBLEMS if taken.differences else Exit.OK)


def _told(taken: TakenOver, *, writes: bool, fresh: bool) -> list[dict[str, str]]:
    """Return what is said line by line: warnings, overrides, what is written, and the comparison."""
    rows = [{"what": "warning", "detail": each} for each in taken.carried.warnings]
    rows += [
        {
            "what": "override",
            "detail": f"{one.schedule}: {one.kind} {one.person or one.instead_of or 'everybody'}"
            f" from {one.span.starts_at:%Y-%m-%d %H:%M} until {one.span.ends_at:%Y-%m-%d %H:%M} UTC",
        }
        for one in taken.carried.overrides
    ]
    if fresh:
        rows.append({"what": "writes" if writes else "would write", "detail": str(taken.target)})
    for one in taken.compared:
        said = f"{one.schedule}: {one.minutes} minutes, {len(one.differences)} differences"
        known = f"; {one.rendered} minutes by shifts in the export" if one.rendered else ""
        rows.append({"what": "compared", "detail": said + known})
        rows += [{"what": "difference", "detail": _difference(each)} for each in one.differences]
    return rows


def _difference(one: Difference) -> str:
    theirs, ours = (", ".join(people) or "nobody" for people in (one.theirs, one.ours))
    times = f"{one.start:%Y-%m-%d %H:%M} to {one.end:%Y-%m-%d %H:%M} UTC"
    return f"{one.schedule}: {times}: {theirs} by the export, {ours} here"


def _overrides(show: Show, taken: TakenOver) -> int:
    """Make the overrides of an import that was written, if it is what is in force."""
    from tocsin.app import oncall_import
    from tocsin.domain.errors import Misconfigured

    if not taken.carried.overrides:
        return 0
    try:
        with opened() as app:
            from tocsin.app.schedules import duty_of

            if oncall_import.is_in_force(app.packs, taken):
                return len(oncall_import.override(duty_of(app), taken.carried, actor()))
            show.warn("Another oncall.yml is in force; the overrides were not made.")
    except Misconfigured as error:
        show.warn(f"The overrides were not made: {error.happened} {error.next_step}")
    return 0


imports = noun(
    "import",
    "Take over what another product is configured with.",
    alertmanager,
    _oncall_verb("pagerduty", "PagerDuty"),
    _oncall_verb("opsgenie", "Opsgenie"),
    _oncall_verb("oncall", "Grafana OnCall"),
    _oncall_verb("goalert", "GoAlert"),
)
