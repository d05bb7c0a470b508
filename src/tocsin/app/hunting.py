"""Hunts over files, without a database: rules and signals in, alerts in one stable order out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from typing import Any

from tocsin.app.packs import Packs, RuleFile
from tocsin.app.pattern_cache import PatternFolder
from tocsin.app.rule_cache import load_remembered
from tocsin.app.rule_places import sorted_out
from tocsin.connectors.signals.files import STDIN, Collector, RefusedLine, read_file
from tocsin.detection.engine import Diagnostic, Plan, compile_plan, latest
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.state import NEVER, WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal
from tocsin.triage.severities import parse_severities

DETECTION_WORDS = "detection"
SIGNALS_AT_ONCE = 10_000
DISORDER = 3_600_000_000
"""How far signals may be out of order in the files of a hunt, beyond a rule's allowed lateness; in µs."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class NothingLoaded(Explained):
    """No rule at all could be loaded, so that "no alerts" would be no answer."""

    code = "no_rule_loaded"


@dataclass(frozen=True, slots=True)
class Hunted:
    """The alerts of a hunt, how many signals it read, and what its correlations could not use.

    `unasked` counts the signals of log sources about which no loaded rule says anything.
    """

    alerts: tuple[DetectedAlert, ...]
    signals: int
    unasked: int
    diagnostics: tuple[Diagnostic, ...]


def rules_for(packs: Packs, places: Sequence[Path], names: Sequence[str]) -> RuleSet:
    """Load the Sigma rules at places (files, folders) and of packs; without either those in force.

    Rules at places may name the tables and calendars of the pack that they lie in, in force or not.
    Rules that were read before are remembered in the home folder, if there is one. Raises `NotFound` for an
    unknown pack or a missing place; broken rules are in the set's problems.
    """
    for place in places:
        if not place.exists():
            raise _nothing_at(place)
    found = sorted_out(places)
    chosen: list[RuleFile] = list(found.sigma)
    for name in names:
        chosen += packs.rule_files(name)
    if not names and not places:
        chosen += packs.rule_files()
    unique = {file.path: file.text for file in chosen}
    tables = packs.tables(names, found.packs())
    if not packs.home.is_dir():
        return load(unique.items(), tables)
    return load_remembered(unique.items(), packs.home / "cache" / "hunted-rules", tables)


def demand_rules(rules: RuleSet) -> None:
    """Raise `NothingLoaded` for a rule set without any rule, broken ones aside."""
    if not rules.rules and not rules.correlations:
        broken = f" {len(rules.problems)} could not be used." if rules.problems else ""
        raise NothingLoaded(
            f"No rule was loaded.{broken}",
            means="Nothing was looked for, so that no alert would have told nothing.",
            next_step="Name Sigma rules (.yml, .yaml) with --rules, or mend those that are named above.",
        )


def levels(packs: Packs) -> Mapping[str, Severity | None]:
    """Return the packs' severities for Sigma's levels. Raises `PackProblem`, `Misconfigured`."""
    file = packs.file("severities.yml")
    return parse_severities(file.text, file.path).sources[DETECTION_WORDS].words


def files_at(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files to read: each path itself, or all below a folder, by name; none twice, none hidden.

    A folder that cannot be opened is among them, so that reading it tells so. `STDIN` is the standard input.
    Raises `NotFound` for a path that is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path != STDIN and not _is_there(path):
            raise _nothing_at(path)
        for each in sorted(_below(path)) if os.path.isdir(path) else [path]:
            found.setdefault(each)
    return tuple(found)


def _is_there(path: Path) -> bool:
    """Say whether something is there, or may be: what we have no right to look at is told when it is read."""
    try:
        return path.exists()
    except PermissionError:
        return True


def _below(folder: Path) -> Iterator[Path]:
    closed: list[OSError] = []
    for place, _, names in os.walk(folder, onerror=closed.append):
        for name in names:
            path = Path(place, name)
            if not name.startswith(".") and path.is_file():
                yield path
    yield from (Path(error.filename) for error in closed)


def hunt(
    files: Sequence[Path], plan: Plan, *, undated: datetime, refuse: Collector, form: str = ""
) -> Hunted:
    """Judge the signals of all files in the order of their time; what cannot be read goes to `refuse`.

    `form` names the format of every file; empty lets each be recognised. Raises `UnknownFormat`.
    """
    state = WindowState()
    alerts: list[DetectedAlert] = []
    read = unasked = 0
    newest = NEVER
    for batch in _batches(_signals(files, undated, refuse, form)):
        read += len(batch)
        unasked += sum(not plan.asks_about(signal) for signal in batch)
        newest = max([newest, *(micros(signal.time) for signal in batch)])
        judged = plan.judge(state, batch, heard=newest - DISORDER)
        state = judged.state
        alerts += judged.alerts
    judged = plan.finish(state, heard=newest)
    return Hunted(latest([*alerts, *judged.alerts]), read, unasked, plan.diagnostics(judged.state))


def plan_for(rules: RuleSet, words: Mapping[str, Severity | None], home: Path | None = None) -> Plan:
    """Compile rules with our words for Sigma's levels. Raises `LevelNotMapped`.

    Patterns compiled before are remembered in the home folder, if it is there.
    """
    patterns = PatternFolder(home / "cache" / "patterns") if home is not None and home.is_dir() else None
    return compile_plan(rules, levels=words, patterns=patterns)


def alert_record(alert: DetectedAlert) -> dict[str, Any]:
    """Return the object that a hunt prints for an alert; its fields are a contract."""
    return {
        "rule_id": alert.rule_id,
        "rule_title": alert.rule_title,
        "severity": alert.severity.value if alert.severity else None,
        "first_seen": _instant(alert.first_seen),
        "last_seen": _instant(alert.last_seen),
        "count": alert.count,
        "group": dict(alert.group),
        "evidence": [
            {
                "source": ref.source,
                "position": ref.position,
                "time": _instant(ref.time),
                "raw": ref.raw.decode("utf-8", "replace"),
            }
            for ref in alert.evidence
        ],
    }


def _signals(files: Sequence[Path], undated: datetime, refuse: Collector, form: str) -> Iterator[Signal]:
    """Merge the files by time. A file is opened only when its first signal is reached, and closed at its end.

    So no more files are open at once than overlap in time, however many there are.
    """
    waiting = sorted(
        _beginnings(files, undated, form), key=lambda begin: (begin[0], str(begin[1])), reverse=True
    )
    opened: list[tuple[datetime, str, int, Signal, Iterator[Signal]]] = []
    while waiting or opened:
        while waiting and (not opened or waiting[-1][0] <= opened[0][0]):
            path = waiting.pop()[1]
            _advance(opened, read_file(path, undated=undated, refuse=refuse, source=str(path), form=form))
        if opened:
            *_, signal, rest = heappop(opened)
            yield signal
            _advance(opened, rest)


def _advance(
    opened: list[tuple[datetime, str, int, Signal, Iterator[Signal]]], rest: Iterator[Signal]
) -> None:
    """Put a file back in line by its next signal; one that has ended is dropped."""
    for signal in rest:
        heappush(opened, (signal.time, signal.source, signal.position, signal, rest))
        return


def _beginnings(files: Sequence[Path], undated: datetime, form: str) -> Iterator[tuple[datetime, Path]]:
    """Yield when each file's first signal is; one without any comes first, so that its faults are told.

    What is no regular file, such as a pipe, can be read only once: it is opened first and not looked at here.
    """
    for path in files:
        if path == STDIN or not os.path.isfile(path):
            yield _EARLIEST, path
            continue
        reading = read_file(path, undated=undated, refuse=_not_yet, form=form)
        first = next(reading, None)
        yield (_EARLIEST if first is None else first.time), path


def _not_yet(_: RefusedLine) -> None:
    """What cannot be read is told when the file is read in earnest."""


def _batches(signals: Iterator[Signal]) -> Iterator[list[Signal]]:
    while batch := list(islice(signals, SIGNALS_AT_ONCE)):
        yield batch


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _nothing_at(path: Path) -> NotFound:
    return NotFound(
        f"There is nothing at {path}.",
        means="No alert was looked for, because the answer would be incomplete.",
        next_step="Check the path; folders are searched as a whole.",
    )
