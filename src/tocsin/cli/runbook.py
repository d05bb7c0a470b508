"""`tocsin runbook`: the plans that people follow: which there are, whether they are right, and as CACAO."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit
from tocsin.cli.run import planned
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, noun, verb

if TYPE_CHECKING:
    from tocsin.app.runbooks import Checked, Stock

COLUMNS = ("runbook", "title", "trigger", "steps", "tests", "state")
STEPS = ("place", "do", "owner", "within", "by", "if", "run", "approve")
FAULTS = ("path", "line", "column", "kind", "reason", "next_step")
TESTS = ("outcome", "runbook", "test", "difference")
PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")


@verb("list", example="tocsin runbook list")
def listed(show: Show) -> None:
    """List the runbooks of all packs in force, with what begins them; `refused` ones are not loaded."""
    from tocsin.app.runbooks import summary

    rows = [summary(each) for each in _stock(()).checked]
    show.rows("tocsin.runbook.list/1", rows, COLUMNS, empty="No pack in force has a runbook.")


@verb("show", example="tocsin runbook show failed-login-spike")
@click.argument("runbook")
def shown(show: Show, *, runbook: str) -> None:
    """Show the steps of a runbook in the order in which they are read: who, until when, what is run."""
    from tocsin.app.runbooks import step_records, summary

    checked = _stock(()).get(runbook)
    if show.as_json:
        show.one("tocsin.runbook.show/1", {**summary(checked), "lines": step_records(checked)})
        return
    show.rows("tocsin.runbook.show/1", step_records(checked), STEPS)


@verb("check", example="tocsin runbook check packs/mine/runbooks")
@PATHS
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also with mistakes.")
@click.option("--roles", is_flag=True, help="Name each step whose role is missing, not each role once.")
def checked(show: Show, *, paths: tuple[Path, ...], exit_zero: bool, roles: bool) -> None:
    """Look runbooks over and run the tests beside them; ends with 6 and names every mistake at once.

    PATH is a runbook or a folder of them. Without PATH those of all packs in force are looked over.
    """
    from tocsin.app.runbooks import summed_up

    stock = _stock(paths)
    rows = [
        {
            "path": fault.path,
            "line": fault.line,
            "column": fault.column,
            "kind": "warning" if fault.warning else "error",
            "reason": fault.reason,
            "next_step": fault.next_step,
        }
        for fault in (stock.faults if roles or show.as_json else summed_up(stock.faults))
    ]
    show.rows("tocsin.runbook.check/1", rows, FAULTS)
    wrong = sum(bool(each.errors) for each in stock.checked)
    show.say(f"{len(stock.checked)} runbooks, {wrong} wrong, {len(rows)} remarks.")
    leave(Exit.PROBLEMS if wrong and not exit_zero else Exit.OK)


@verb("test", example="tocsin runbook test packs/mine/runbooks/failed-login-spike.yml")
@PATHS
def tested(show: Show, *, paths: tuple[Path, ...]) -> None:
    """Run the tests beside runbooks, with a pushed clock and no call to anybody; ends with 6 if one fails."""
    stock = _stock(paths)
    rows: list[dict[str, Any]] = []
    for each in stock.checked:
        rows += _tests(each)
    failed = [row for row in rows if row["outcome"] != "passed"]
    show.rows("tocsin.runbook.test/1", rows if show.as_json else failed, TESTS)
    show.say(f"{len(rows) - len(failed)} tests passed, {len(failed)} failed.")
    leave(Exit.PROBLEMS if failed else Exit.OK)


@verb("export", example="tocsin runbook export failed-login-spike --format cacao > playbook.json")
@click.argument("runbook")
@click.option(
    "--format", "form", type=click.Choice(["cacao", "yaml"]), default="cacao", help="What to write."
)
def exported(show: Show, *, runbook: str, form: str) -> None:
    """Write a runbook to stdout, as a CACAO 2.0 playbook or as its own file; the same bytes every time."""
    from tocsin.app.runbooks import as_cacao

    checked = _stock(()).get(runbook)
    as_written = checked.runbook.text if checked.runbook else ""
    show.text((as_cacao(checked) if form == "cacao" else as_written).rstrip("\n"))


@verb("import", example="tocsin runbook import playbook.json > packs/mine/runbooks/playbook.yml")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
def imported(show: Show, *, path: Path) -> None:
    """Write the runbook of a CACAO 2.0 playbook to stdout; faults of the playbook are named with the step."""
    from tocsin.app.runbooks import from_cacao

    text, remarks = from_cacao(path)
    for remark in remarks:
        show.warn(remark)
    show.text(text.rstrip("\n"))


def _stock(paths: tuple[Path, ...]) -> Stock:
    from tocsin.app.packs import packs_of
    from tocsin.app.runbooks import known_of, runbook_files_at, stock_in_force, stock_of
    from tocsin.app.settings import load_settings

    settings = load_settings()
    packs = packs_of(settings)
    if not paths:
        return stock_in_force(settings, packs)
    known = known_of(settings, packs)
    return stock_of(runbook_files_at(paths), known)


def _tests(checked: Checked) -> list[dict[str, Any]]:
    named = checked.runbook.runbook_id if checked.runbook else checked.path
    if checked.errors and not checked.rehearsed:
        broken = {"outcome": "broken", "runbook": named, "test": ""}
        return [{**broken, "difference": str(fault)} for fault in checked.errors]
    return [
        {
            "outcome": "failed" if each.failures else "passed",
            "runbook": named,
            "test": each.test.name,
            "difference": " ".join(each.failures),
        }
        for each in checked.rehearsed
    ]


runbook = noun(
    "runbook",
    "Plans that people follow: list, show, check, test, plan, CACAO.",
    *(listed, shown, checked, tested, planned, exported, imported),
)
