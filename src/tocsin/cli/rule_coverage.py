"""`tocsin detect coverage`: what is covered, and whether its data comes in and its tests pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.show import Show, json_text
from tocsin.cli.verb import verb

if TYPE_CHECKING:
    from tocsin.app.coverage import Covered
    from tocsin.domain.signal import Signal

COLUMNS = ("kind", "name", "rules", "with_data", "tested", "state")


@verb("coverage", example="tocsin detect coverage --data cloudtrail/ --navigator layer.json")
@click.option(
    "--rules",
    "places",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule file or folder; repeatable.",
)
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Rules of this pack; repeatable.")
@click.option(
    "--data",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Files or folders of signals: which log sources come in; repeatable.",
)
@click.option("--navigator", type=click.Path(path_type=Path), metavar="FILE", help="Write a Navigator layer.")
def covered(show: Show, **asked: Any) -> None:
    """Show each ATT&CK technique and log source: rules, how many see data, how many are tested.

    State is `whole` (a tested rule that sees data), `data`, `tested` or `rule`. Without --data no data is
    known to come in.
    """
    from tocsin.app import coverage, hunting, rule_tests
    from tocsin.app.packs import packs_of
    from tocsin.app.rule_test_files import gather
    from tocsin.app.settings import load_settings

    where = packs_of(load_settings())
    rules = hunting.rules_for(where, asked["places"], asked["packs"])
    hunting.demand_rules(rules)
    gathered = gather(where, asked["places"], asked["packs"])
    results = rule_tests.results(gathered, hunting.levels(where))
    seen = coverage.sighted(_signals(show, asked["files"]))
    found = coverage.coverings(rules, results, seen)
    techniques, sources = coverage.by_technique(found), coverage.by_source(found)
    if asked["navigator"]:
        asked["navigator"].write_text(json_text(coverage.layer(techniques)) + "\n", encoding="utf-8")
    records = [_record("technique", each) for each in techniques]
    records += [_record("log_source", each) for each in sources]
    show.rows("tocsin.detect.coverage/1", records, COLUMNS)
    whole = sum(each.state == "whole" for each in techniques)
    show.say(f"{len(techniques)} techniques, {whole} of them by a tested rule whose data comes in.")


def _signals(show: Show, files: tuple[Path, ...]) -> Iterator[Signal]:
    from tocsin.app import hunting
    from tocsin.cli.hunt import UNDATED
    from tocsin.connectors.signals.files import RefusedLine, read_file

    def refuse(refused: RefusedLine) -> None:
        show.warn(f"{refused.path}:{refused.line}: {refused.reason}")

    for path in hunting.files_at(files):
        yield from read_file(path, undated=UNDATED, refuse=refuse)


def _record(kind: str, each: Covered) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": each.name,
        "rules": each.rules,
        "with_data": each.with_data,
        "tested": each.tested,
        "whole": each.whole,
        "state": each.state,
    }
