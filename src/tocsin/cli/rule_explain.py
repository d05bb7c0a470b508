"""`tocsin detect explain`: why a rule holds for a signal or does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.show import Show
from tocsin.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.app.explaining import OnSignal
    from tocsin.detection.explain_correlation import CorrelationReason

SCHEMA = "tocsin.detect.explain/1"
COLUMNS = ("place", "explanation")


@verb("explain", example="tocsin detect explain cloudtrail_stopped cloudtrail.json:7")
@click.argument("rule")
@click.argument("place", metavar="FILE[:LINE]")
@click.option(
    "--rules",
    "places",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule file or folder; repeatable.",
)
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Rules of this pack; repeatable.")
def explained(show: Show, *, rule: str, place: str, places: tuple[Path, ...], packs: tuple[str, ...]) -> None:
    """Say why RULE (name, id or title) holds for a signal or does not, leaf by leaf.

    Without LINE the first signals that it holds for are explained, else those that came nearest. A
    correlation is explained on all signals of the file: what it measured at each step, and what it needs.
    """
    from tocsin.app import explaining, hunting
    from tocsin.app.packs import Packs
    from tocsin.app.settings import load_settings
    from tocsin.cli.hunt import UNDATED
    from tocsin.connectors.signals.files import RefusedLine, read_file
    from tocsin.detection.sigma.rule import Rule

    where = Packs(load_settings().home)
    at = explaining.place_of(place)
    rules = hunting.rules_for(where, places, packs)
    named = explaining.rule_named(rules, rule)

    def refuse(refused: RefusedLine) -> None:
        show.warn(f"{refused.path}:{refused.line}: {refused.reason}")

    signals = tuple(read_file(at.path, undated=UNDATED, refuse=refuse))
    if isinstance(named, Rule):
        _show_rule(show, explaining.on_signals(named, signals, at.line))
    else:
        _show_correlation(show, explaining.on_all(named, rules, signals, hunting.levels(where)))


def _show_rule(show: Show, explained: Sequence[OnSignal]) -> None:
    records = [
        {
            "place": f"{each.signal.source}:{each.signal.position}",
            "explanation": "\n".join((each.reason.summary(), *each.reason.tree.lines())),
            **each.reason.record(),
        }
        for each in explained
    ]
    if show.as_json or show.plain:
        show.rows(SCHEMA, records, COLUMNS)
        return
    for record in records:
        show.text(
            f"{record['place']}  {record['rule_title']} ({record['rule_hash']})\n{record['explanation']}"
        )


def _show_correlation(show: Show, reason: CorrelationReason) -> None:
    lines = "\n".join(reason.lines())
    if show.as_json or show.plain:
        show.rows(SCHEMA, [{"place": "", "explanation": lines, **reason.record()}], COLUMNS)
    else:
        show.text(lines)
