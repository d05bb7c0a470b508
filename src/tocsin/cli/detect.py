"""`tocsin detect`: rules checked before they are loaded, in CI too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit
from tocsin.cli.rule_backtest import backtested
from tocsin.cli.rule_coverage import covered
from tocsin.cli.rule_explain import explained
from tocsin.cli.rule_tests import tested
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, noun, verb

if TYPE_CHECKING:
    from tocsin.detection.problems import RuleProblem

COLUMNS = ("kind", "place", "rule", "reason", "next_step")


@verb("check", example="tocsin detect check ./rules --json")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Rules of this pack; repeatable.")
@click.option("--sarif", type=click.Path(path_type=Path), metavar="FILE", help="Write SARIF 2.1.0 there.")
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also with problems.")
def checked(
    show: Show, *, paths: tuple[Path, ...], packs: tuple[str, ...], sarif: Path | None, exit_zero: bool
) -> None:
    """Check rule files, folders or packs; ends with 6 and names file, line and column of each problem.

    Without PATH or --pack the shipped rules are checked. Remarks are about rules that load.
    """
    from tocsin.app import hunting, rule_check
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings

    where = packs_of(load_settings())
    found = rule_check.check(where, paths, packs)
    hunting.plan_for(found.rules, hunting.levels(where))
    problems, remarks = found.problems, found.rules.remarks
    if sarif:
        from tocsin import __version__
        from tocsin.detection.testing.sarif import problems_sarif

        text = problems_sarif(problems, remarks, version=__version__)
        sarif.write_text(text, encoding="utf-8")
    records = [_record("problem", each) for each in problems]
    records += [_record("remark", each) for each in remarks]
    show.rows("tocsin.detect.check/1", records, COLUMNS)
    show.say(f"{found.loaded} rules load, {len(problems)} problems, {len(remarks)} remarks.")
    leave(Exit.PROBLEMS if problems and not exit_zero else Exit.OK)


def _record(kind: str, problem: RuleProblem) -> dict[str, Any]:
    return {
        "kind": kind,
        "place": f"{problem.path}:{problem.line}:{problem.column}",
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "rule": problem.rule,
        "reason": problem.reason,
        "next_step": problem.next_step,
    }


detect = noun(
    "detect",
    "Rules: check, test and explain them, in CI too.",
    checked,
    tested,
    explained,
    covered,
    backtested,
)
