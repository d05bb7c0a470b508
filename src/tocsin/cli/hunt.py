"""`tocsin hunt`: offline detection over files or the lake; needs no database and no network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit, worst
from tocsin.cli.filters import time_typed
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb

if TYPE_CHECKING:
    from tocsin.app.hunting import Hunted
    from tocsin.connectors.signals.files import RefusedLine
    from tocsin.detection.engine import Plan
    from tocsin.detection.rules import RuleSet

COLUMNS = ("severity", "first_seen", "last_seen", "count", "rule_title", "group", "rule_id")
SHOWN_REFUSALS = 20
# A record without any time of its own; a fixed one, so that a hunt gives the same answer tomorrow.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@verb("hunt", example="tocsin hunt cloudtrail/ --rules ./sigma/rules/cloud/aws --json")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
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
@click.option("--lake", is_flag=True, help="Hunt over the stored signals instead of files.")
@click.option("--since", help="With --lake, from this time on: 30d, or 2026-11-21T10:00:00Z.")
@click.option("--until", help="With --lake, up to this time.")
@click.option("--source", default="", help="With --lake, only this source.")
def hunt(
    show: Show,
    *,
    paths: tuple[Path, ...],
    places: tuple[Path, ...],
    packs: tuple[str, ...],
    form: str,
    strict: bool,
    **past: Any,
) -> None:
    """Look for what rules describe in files or folders: JSON, EVTX, Parquet and others, plain or gzip.

    PATH may be `-` for the standard input. Without --rules or --pack the shipped rules are used. Broken rules
    and what is no record are named on stderr and the rest is hunted; a file that cannot be read to its end
    ends with 1. With --lake the stored signals are hunted, in the order of their time.
    """
    from tocsin.app import hunting
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings

    _demand_one(paths, past)
    settings = load_settings()
    where = packs_of(settings)
    files = hunting.files_at(paths)
    rules = hunting.rules_for(where, places, packs)
    told = _problems(show, rules)
    hunting.demand_rules(rules)
    plan = hunting.plan_for(rules, hunting.levels(where), where.home)
    refused = _Refusals(show)
    if past["lake"]:
        hunted = _retro(settings.home, plan, rules, past, refused)
    else:
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


def _demand_one(paths: tuple[Path, ...], past: Mapping[str, Any]) -> None:
    """Refuse a hunt over nothing, over files and the lake at once, and bounds of the lake without it."""
    if past["lake"] == bool(paths):
        raise click.UsageError("Give files or folders as PATH, or --lake for the stored signals.")
    bounds = [f"--{name}" for name in ("since", "until", "source") if past[name]]
    if bounds and not past["lake"]:
        raise click.UsageError(f"{bounds[0]} is for the stored signals; give --lake with it.")


def _retro(home: Path, plan: Plan, rules: RuleSet, past: Mapping[str, Any], refused: _Refusals) -> Hunted:
    """Hunt over the lake of a home folder; it needs neither a server nor a database."""
    from tocsin.store.lake.extra import sealed_format

    sealed_format()  # Says what to install, before anything that needs it is loaded.
    from tocsin.app.pattern_cache import PatternFolder
    from tocsin.app.retro import Past, Retro
    from tocsin.connectors.signals.inbound import signal_of
    from tocsin.domain.clock import SystemClock
    from tocsin.store.lake import SegmentLake

    now = SystemClock().now()
    since, until = (time_typed(past[name], now) if past[name] else None for name in ("since", "until"))
    wanted = Past(undated=UNDATED, since=since, until=until, source=past["source"])
    patterns = PatternFolder(home / "cache" / "patterns")
    retro = Retro.of(SegmentLake(home / "lake"), plan, rules, signal_of, patterns)
    return retro.hunt(wanted, refused.damaged)


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

    def damaged(self, words: str) -> None:
        """Name a stored signal that the disk changed."""
        self.count += 1
        if self.count <= SHOWN_REFUSALS:
            self._show.warn(f"{words} The rest was read.")

    def finish(self) -> None:
        """Say how many were not named."""
        if self.count > SHOWN_REFUSALS:
            self._show.warn(
                f"{self.count} parts could not be read; the first {SHOWN_REFUSALS} are named above."
            )
