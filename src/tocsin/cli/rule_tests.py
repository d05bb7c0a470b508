"""`tocsin detect test`: runs the tests that stand beside rules, and shows what went otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb

if TYPE_CHECKING:
    from tocsin.app.rule_tests import Ran
    from tocsin.detection.testing.result import Result

COLUMNS = ("outcome", "place", "rule", "test", "difference")


@verb("test", example="tocsin detect test ./rules --junit tests.xml")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Tests of this pack; repeatable.")
@click.option(
    "--rules",
    "places",
    multiple=True,
    type=click.Path(path_type=Path),
    help="More rule files or folders that the tests are about; repeatable.",
)
@click.option("-k", "pattern", default="", metavar="TEXT", help="Only tests with this in path, rule or name.")
@click.option(
    "--require-tests",
    "least",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Demand N passing tests that fire and N that stay quiet, of each rule.",
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML there.")
@click.option("--sarif", type=click.Path(path_type=Path), metavar="FILE", help="Write SARIF 2.1.0 there.")
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also when a test fails.")
def tested(show: Show, **asked: Any) -> None:
    """Run tests of rules: our own, SigmaHQ's info.yml and promtool's; ends with 6 and names what differs.

    PATH is a rule, a test file, or a folder of both. Without PATH or --pack the tests of all packs are run.
    """
    from tocsin.app import hunting, rule_tests
    from tocsin.app.packs import packs_of
    from tocsin.app.rule_test_files import gather
    from tocsin.app.settings import load_settings
    from tocsin.domain.clock import SystemClock

    clock = SystemClock()
    begun = clock.now()
    where = packs_of(load_settings())
    gathered = gather(where, asked["paths"], asked["packs"], asked["places"])
    ran = rule_tests.run(gathered, hunting.levels(where), pattern=asked["pattern"])
    seconds = (clock.now() - begun).total_seconds()
    _write(asked, ran, seconds)
    short = rule_tests.untested(ran, asked["least"], asked["packs"]) if asked["least"] else {}
    records = [_record(result) for result in ran.results if show.as_json or not result.passed]
    named = {head.label: head.title for head in ran.headers()}
    records += [
        _short(
            label,
            named[label],
            f"{counts.firing} firing and {counts.quiet} quiet tests pass, {asked['least']} wanted",
        )
        for label, counts in short.items()
    ]
    show.rows("tocsin.detect.test/1", records, COLUMNS)
    passed = len(ran.results) - len(ran.failed)
    show.say(f"{passed} tests passed, {len(ran.failed)} failed ({seconds:.1f} s).")
    if short:
        show.say(f"{len(short)} rules have too few tests.")
    leave(Exit.PROBLEMS if (ran.failed or short) and not asked["exit_zero"] else Exit.OK)


def _write(asked: dict[str, Any], ran: Ran, seconds: float) -> None:
    from tocsin import __version__
    from tocsin.detection.testing.junit import junit
    from tocsin.detection.testing.sarif import results_sarif

    if asked["junit"]:
        asked["junit"].write_text(junit(ran.results, seconds=seconds), encoding="utf-8")
    if asked["sarif"]:
        asked["sarif"].write_text(results_sarif(ran.results, version=__version__), encoding="utf-8")


def _record(result: Result) -> dict[str, Any]:
    outcome = "broken" if result.is_broken else "passed" if result.passed else "failed"
    return {
        "outcome": outcome,
        "kind": result.kind.value,
        "place": result.place,
        "path": result.path,
        "line": result.line,
        "column": result.column,
        "rule": ", ".join(result.rules),
        "rules": list(result.rules),
        "test": result.name,
        "fires": result.fires,
        "difference": "; ".join(result.differences),
        "differences": list(result.differences),
    }


def _short(label: str, title: str, words: str) -> dict[str, Any]:
    named = {"rule": title, "rules": [label], "test": ""}
    return {"outcome": "untested", "place": "", **named, "difference": words}
