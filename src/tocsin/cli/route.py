"""`tocsin route`: where alerts go, as a question that CI can ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import Exit
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, noun, verb

if TYPE_CHECKING:
    from tocsin.app.routes_tried import Routes

COLUMNS = ("route", "kind", "name", "matchers", "continue")
ENDS = ("name", "kind", "why")
FILE = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An alertmanager.yml; else what is in force.",
)


@verb("show", example="tocsin route show --file alertmanager.yml")
@FILE
def shown(show: Show, *, path: Path | None) -> None:
    """Show the tree of routes: to receivers of an alertmanager.yml, and to policies of oncall.yml."""
    from tocsin.app.routes_tried import listed

    rows = listed(_routes(path))
    if show.is_table:
        # A person sees the tree by its indentation.
        rows = tuple({**row, "route": "  " * row["route"].count("/") + row["route"]} for row in rows)
    none = "There is no route: no alertmanager.yml is in force, and oncall.yml has none (docs/oncall.md)."
    show.rows("tocsin.route.show/1", rows, COLUMNS, empty=none)


@verb("test", example="tocsin route test --verify team-db,all --file alertmanager.yml severity=critical")
@click.argument("labels", nargs=-1, metavar="LABEL=VALUE...")
@FILE
@click.option(
    "--verify",
    "expected",
    multiple=True,
    metavar="NAMES",
    help="Receivers expected, comma-separated in tree order, or oncall=POLICY; repeatable.",
)
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also with a difference.")
def tested(
    show: Show, *, labels: tuple[str, ...], path: Path | None, expected: tuple[str, ...], exit_zero: bool
) -> None:
    """Tell where an alert with these labels goes, in the order of the tree; no state is read.

    The receivers are those that `amtool config routes test` names. With --verify it ends with 6 if others
    are found. Without --file the policy of oncall.yml is told too; there severity is P1 to P4.
    """
    from tocsin.app.routes_tried import labels_typed, tried, unmet

    try:
        typed = labels_typed(labels)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    found = tried(_routes(path), typed)
    show.rows("tocsin.route.test/1", [each.record() for each in found], ENDS)
    wrong = unmet(found, expected)
    for each in wrong:
        show.warn(each)
    leave(Exit.PROBLEMS if wrong and not exit_zero else Exit.OK)


def _routes(path: Path | None) -> Routes:
    from tocsin.app.routes_tried import routes_in, routes_in_force
    from tocsin.app.settings import load_settings

    return routes_in_force(load_settings()) if path is None else routes_in(path)


route = noun("route", "Where alerts go: show the routes, test them in CI.", shown, tested)
