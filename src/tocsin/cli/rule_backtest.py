"""`tocsin detect backtest`: what a change of rules does to known signals, and who keeps the budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb

if TYPE_CHECKING:
    from tocsin.app.backtest import Backtest, Find
    from tocsin.app.budgets import Overrun
    from tocsin.detection.rules import RuleSet
    from tocsin.domain.detected import DetectedAlert
    from tocsin.domain.severity import Severity

    Words = Mapping[str, Severity | None]

COLUMNS = ("change", "severity", "first_seen", "count", "rule_title", "group", "note")


@verb(
    "backtest",
    example="tocsin detect backtest cloudtrail/ --old main/rules --new rules --budgets b.yml",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--old",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule file or folder as it was; else those in force.",
)
@click.option(
    "--new",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule file or folder as it is to be; else those in force.",
)
@click.option(
    "--budgets", type=click.Path(path_type=Path), metavar="FILE", help="Hits that each rule may have."
)
@click.option("--lake", is_flag=True, help="Compare over the stored signals instead of files.")
@click.option("--since", help="With --lake, from this time on: 30d, or 2026-11-21T10:00:00Z.")
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also over a budget.")
def backtested(show: Show, *, paths: tuple[Path, ...], **asked: Any) -> None:
    """Show which alerts the new rules add and remove on signals of files or folders, or on stored ones.

    With --budgets it ends with 6 when a new rule holds for more signals than its budget; a rule without one
    may hold for none.
    """
    from tocsin.store.lake.extra import sealed_format

    if bool(paths) is asked["lake"]:
        raise click.UsageError("Give files or folders as PATH, or --lake for the stored signals.")
    if asked["since"] and not asked["lake"]:
        raise click.UsageError("--since is for the stored signals; give --lake with it.")
    sealed_format()  # Says what to install, before anything that needs it is loaded.
    from tocsin.app import backtest, budgets, hunting
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings

    settings = load_settings()
    where = packs_of(settings)
    limits = budgets.read_budgets(asked["budgets"]) if asked["budgets"] else None
    files, words = hunting.files_at(paths), hunting.levels(where)
    sets = [hunting.rules_for(where, asked[side], ()) for side in ("old", "new")]
    _demand_rules(show, sets)
    for budget in budgets.without_rule(limits or (), sets[1]):
        show.warn(
            f"The budget for {budget.rule!r} holds for no rule that is loaded. Correct its id or title."
        )
    find = _stored(settings.home, asked["since"], words) if asked["lake"] else _filed(show, files, words)
    found = backtest.backtest(sets[0], sets[1], find)
    over = budgets.overruns(limits, (*found.added, *found.same)) if limits is not None else ()
    show.rows("tocsin.detect.backtest/1", [*_changes(found), *map(_overrun, over)], COLUMNS)
    show.say(f"{len(found.added)} alerts added, {len(found.removed)} removed, {len(found.same)} the same.")
    if over:
        show.say(f"{len(over)} rules are over their budget.")
    leave(Exit.PROBLEMS if over and not asked["exit_zero"] else Exit.OK)


def _demand_rules(show: Show, sets: Sequence[RuleSet]) -> None:
    """Name every broken rule, once if both sides have it, before a side without any rule is refused."""
    from tocsin.app import hunting

    for problem in dict.fromkeys(each for rules in sets for each in rules.problems):
        show.warn(str(problem))
    for rules in sets:
        hunting.demand_rules(rules)


def _stored(home: Path, since: str | None, words: Words) -> Find:
    from tocsin.app.backtest import over_lake
    from tocsin.app.retro import Past
    from tocsin.cli.filters import time_typed
    from tocsin.cli.hunt import UNDATED
    from tocsin.connectors.signals.inbound import signal_of
    from tocsin.domain.clock import SystemClock
    from tocsin.store.lake import SegmentLake

    begin = time_typed(since, SystemClock().now()) if since else None
    return over_lake(SegmentLake(home / "lake"), Past(undated=UNDATED, since=begin), words, signal_of)


def _filed(show: Show, files: Sequence[Path], words: Words) -> Find:
    from tocsin.app import hunting
    from tocsin.cli.hunt import UNDATED
    from tocsin.connectors.signals.files import RefusedLine

    def refuse(refused: RefusedLine) -> None:
        show.warn(f"{refused.path}:{refused.line}: {refused.reason}")

    def find(rules: RuleSet) -> Iterable[DetectedAlert]:
        plan = hunting.plan_for(rules, words)
        return hunting.hunt(files, plan, undated=UNDATED, refuse=refuse).alerts

    return find


def _changes(found: Backtest) -> list[dict[str, Any]]:
    from tocsin.app import hunting

    sides = (("added", found.added), ("removed", found.removed))
    return [
        {"change": change, "note": "", **hunting.alert_record(alert)}
        for change, side in sides
        for alert in side
    ]


def _overrun(each: Overrun) -> dict[str, Any]:
    told = f"budget {each.budget}" + (f" ({each.reason})" if each.reason else ", none is set")
    return {
        "change": "over budget",
        "rule_id": each.rule_id,
        "rule_title": each.rule_title,
        "count": each.hits,
        "budget": each.budget,
        "note": told,
    }
