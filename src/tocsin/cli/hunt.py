"""`tocsin hunt`: offline detection over files; needs no home folder, no database and no network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import Exit, worst
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb

if TYPE_CHECKING:
    from tocsin.app.hunting import Hunted
    from tocsin.connectors.signals.files import RefusedLine
    from tocsin.detection.rules import RuleSet

COLUMNS = ("severity", "first_seen", "last_seen", "count", "rule_title", "group", "rule_id")
SHOWN_REFUSALS = 20
# A record without any time of its own; a fixed one, so that a hunt gives the same answer tomorrow.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@verb("hunt", example="tocsin hunt cloudtrail/ --rules ./sigma/rules/cloud/aws --json")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--rules",
    "places",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule file or folder; repeatable.",
)
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Rules of this pack; repeatable.")
@click.option("--format", "form", default="", metavar="NAME", help="Format of the files; else recognised.")
@click.option("--strict", is_flag=True, help="End with 6 if a rule or a line could not be used.")
def hunt(
    show: Show,
    *,
    paths: tuple[Path, ...],
    places: tuple[Path, ...],
    packs: tuple[str, ...],
    form: str,
    strict: bool,
) -> None:
    """Look for what rules describe in files or folders: JSON, EVTX, Parquet and others, plain or gzip.

    PATH may be `-` for the standard input. Without --rules or --pack the shipped rules are used. Broken rules
    and what is no record are named on stderr and the rest is hunted; a file that cannot be read to its end
    ends with 1.
    """
    from tocsin.app import hunting
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings

    where = packs_of(load_settings())
    files = hunting.files_at(paths)
    rules = hunting.rules_for(where, places, packs)
    told = _problems(show, rules)
    hunting.demand_rules(rules)
    plan = hunting.plan_for(rules, hunting.levels(where))
    refused = _Refusals(show)
    hunted = hunting.hunt(files, plan, undated=UNDATED, refuse=refused.add, form=form)
    records = [hunting.alert_record(alert) for alert in hunted.alerts]
    if show.as_json:
        show.lines(records)
    else:
        show.rows("", records, COLUMNS)
    refused.finish()
    _summary(show, rules, hunted)
    ends = [Exit.FAILED] if refused.has_unread else []
    if strict and (told or refused.count):
        ends.append(Exit.PROBLEMS)
    leave(worst(ends))


def _problems(show: Show, rules: RuleSet) -> int:
    for problem in rules.problems:
        show.warn(str(problem))
    return len(rules.problems)


def _summary(show: Show, rules: RuleSet, hunted: Hunted) -> None:
    for each in hunted.diagnostics:
        show.say(f"{each.rule_title}: {each.count} signals not counted ({each.what.replace('_', ' ')}).")
    if not hunted.signals:
        show.warn("No signal was read, so nothing was looked for. Check the path and what the files hold.")
    if hunted.unasked:
        show.say(f"{hunted.unasked} signals belong to no log source that a loaded rule asks for.")
    loaded = len(rules.rules) + len(rules.correlations)
    show.say(f"{hunted.signals} signals, {loaded} rules, {len(hunted.alerts)} alerts.")


class _Refusals:
    """Names the first lines that could not be read and counts the rest."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self.count = 0
        self.has_unread = False

    def add(self, refused: RefusedLine) -> None:
        """Name a refused part, as `path:line: reason`."""
        self.count += 1
        self.has_unread = self.has_unread or refused.is_unread
        if self.count <= SHOWN_REFUSALS or refused.is_unread:
            name = "stdin" if str(refused.path) == "-" else str(refused.path)
            place = f"{name}:{refused.line}" if refused.line else name
            self._show.warn(f"{place}: {refused.reason}. Correct or remove it; the rest was read.")

    def finish(self) -> None:
        """Say how many were not named."""
        if self.count > SHOWN_REFUSALS:
            self._show.warn(
                f"{self.count} parts could not be read; the first {SHOWN_REFUSALS} are named above."
            )
