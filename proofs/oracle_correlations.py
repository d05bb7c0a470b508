"""Correlations against another engine: random scenarios in ours and in pySigma with its SQLite backend.

`python proofs/oracle_correlations.py [SCENARIOS] [--seed N]` (2,000, from seed 0). Each scenario is a rule of
any kind, or a chain of two, over at most 60 signals with ties, edges exactly at the span, late ones and
missing keys. Ours gets them late and in random batches. Compared are single firings (`tocsin.emit: each`)
and bursts. Where the other engine is known to mean something else, one function below takes that away, and
says what it is. Ends with 1 at any difference; a failure prints its seed and the smallest set of signals
that shows it.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sigma.backends.sqlite import sqliteBackend
from sigma.backends.sqlite.runtime import execute_plan
from sigma.collection import SigmaCollection

from correlation_scenarios import (
    NUMERIC,
    ROOT,
    SECOND,
    START,
    Event,
    Scenario,
    arrivals,
    judged,
    plan_of,
    scenario,
    signals_of,
)
from tocsin.detection.state import WindowState, instant, micros
from tocsin.domain.detected import DetectedAlert

COLUMNS = ("a", "b", "c", "d", "user", "host", "actor", "value")

# Group, time of the firing in microseconds, signals counted (None where the engines count different things).
Firing = tuple[tuple[str, ...], int, int | None]
# Group, first and last firing, signals counted.
Burst = tuple[tuple[str, ...], int, int, int | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What one engine says of a scenario."""

    firings: list[Firing]
    bursts: list[Burst]
    missing: int | None


def main() -> int:
    """Run the proof and return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenarios", nargs="?", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    begun = time.monotonic()
    counts: Counter[str] = Counter()
    wrong = 0
    for seed in range(given.seed, given.seed + given.scenarios):
        drawn = with_values_below(scenario(seed))
        expected, got = oracle(drawn), ours(drawn)
        counts[f"{drawn.root.kind}{' with a condition of rules' * drawn.root.is_expression}"] += 1
        counts["chains"] += len(drawn.sections) > 1
        counts["scenarios that fire"] += bool(expected.bursts)
        counts["firings"] += len(expected.firings)
        counts["bursts"] += len(expected.bursts)
        if expected != got:
            wrong += 1
            print(told(smallest(drawn)), flush=True)
        if (seed + 1 - given.seed) % 500 == 0:
            passed = time.monotonic() - begun
            print(f"{seed + 1 - given.seed} scenarios, {wrong} differences, {passed:.0f} s", flush=True)
    for name, count in sorted(counts.items()):
        print(f"  {count:>7,} {name}")
    print(f"{given.scenarios} scenarios from seed {given.seed}, {wrong} differences")
    return 1 if wrong or not counts["firings"] else 0


def ours(drawn: Scenario) -> Found:
    """Judge a scenario late and in batches: once firing by firing, once folded into bursts."""
    each, folded = (
        _alerts(drawn.with_keys(*keys, "tocsin.evidence_max: 10000")) for keys in (("tocsin.emit: each",), ())
    )
    firings = [(_group(alert), micros(alert.last_seen), _counted(drawn, alert)) for alert in each]
    firsts = sorted((group, at) for group, at, _ in firings)
    bursts = [
        (
            _group(alert),
            min(at for group, at in firsts if group == _group(alert) and at >= micros(alert.first_seen)),
            micros(alert.last_seen),
            _counted(drawn, alert),
        )
        for alert in folded
    ]
    plan = plan_of(drawn.text())
    state = plan.judge(WindowState(), signals_of(drawn.events, one_source=True)).state
    counted = {
        each.rule_title: each.count for each in plan.diagnostics(state) if each.what == "missing_group_key"
    }
    missing = counted.get(ROOT, 0) if compares_missing(drawn) else None
    return Found(sorted(firings, key=_plain), sorted(bursts, key=_plain), missing)


def _alerts(drawn: Scenario) -> tuple[DetectedAlert, ...]:
    signals = signals_of(drawn.events, one_source=not needs_sequence_taken_away(drawn))
    batches = arrivals(drawn.events, signals, random.Random(drawn.seed))
    return judged(plan_of(drawn.text()), batches, drawn.until)


def _group(alert: DetectedAlert) -> tuple[str, ...]:
    return tuple(value.casefold() for _, value in alert.group)


def _counted(drawn: Scenario, alert: DetectedAlert) -> int | None:
    return alert.count if compares_counts(drawn) else None


def _plain(each: tuple[Any, ...]) -> str:
    return repr(each)


def oracle(drawn: Scenario) -> Found:
    """Ask pySigma's SQLite backend, and take away what is known to be different."""
    backend = sqliteBackend(observation_end=(START + drawn.until) / SECOND)
    entries = json.loads(backend.convert(SigmaCollection.from_yaml(drawn.text()), "zircolite"))
    plan = next(entry for entry in entries if entry["title"] == ROOT)["correlation_plan"]
    events = sorted(drawn.events, key=lambda each: each.at)
    connection = sqlite3.connect(":memory:")
    try:
        fill(connection, events)
        alerts, diagnostics = execute_plan(connection, plan, include_events=False)
    finally:
        connection.close()
    known = {f"0:{number + 1}": event for number, event in enumerate(events)}
    raised = [
        alert
        for alert in (without_the_valueless(drawn, each, known) for each in alerts)
        if fires_with_a_value(drawn, alert, events)
    ]
    firings: list[Firing] = []
    for alert in raised:
        evidence = evidence_of(drawn, alert)
        firings.append(
            (_keys(drawn, alert), _micros(alert), len(evidence) if compares_counts(drawn) else None)
        )
    missing = diagnostics.get("missing_group_key", 0) if compares_missing(drawn) else None
    return Found(sorted(firings, key=_plain), folded(drawn, raised), missing)


def fill(connection: sqlite3.Connection, events: Sequence[Event]) -> None:
    """Put signals into the table that the backend asks."""
    columns = ", ".join(f"{name} TEXT COLLATE NOCASE" for name in COLUMNS)
    connection.execute(f"CREATE TABLE logs (timestamp TEXT, {columns})")
    rows = [
        (
            instant(START + event.at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            *(folded_beyond_ascii(event.record.get(name)) for name in COLUMNS),
        )
        for event in events
    ]
    connection.executemany(f"INSERT INTO logs VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", rows)


def folded(drawn: Scenario, alerts: Iterable[Mapping[str, Any]]) -> list[Burst]:
    """Fold alerts of one group that follow within the span, as one burst of all their evidence."""
    span = drawn.root.span * SECOND
    open_: dict[tuple[str, ...], tuple[int, int, set[str]]] = {}
    done: list[Burst] = []

    def closed(group: tuple[str, ...]) -> Burst:
        first, last, evidence = open_.pop(group)
        return (group, first, last, len(evidence) if compares_counts(drawn) else None)

    for alert in sorted(alerts, key=_micros):
        group, at, evidence = _keys(drawn, alert), _micros(alert), evidence_of(drawn, alert)
        if group in open_ and at - open_[group][1] > span:
            done.append(closed(group))
        first, _, before = open_.get(group, (at, at, set()))
        open_[group] = (first, at, before | evidence)
    return sorted([*done, *(closed(group) for group in list(open_))], key=_plain)


def _keys(drawn: Scenario, alert: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(alert["group_keys"][name]).casefold() for name in drawn.root.group_by)


def _micros(alert: Mapping[str, Any]) -> int:
    return round(alert["window_end"] * SECOND)


def evidence_of(drawn: Scenario, alert: Mapping[str, Any]) -> set[str]:
    """Return what the alert counts: child alerts in a chain, else signals."""
    return set(alert["child_alert_ids"] if len(drawn.sections) > 1 else alert["event_ids"])


# The known deviations, each with the line of docs that decides it.


def needs_sequence_taken_away(drawn: Scenario) -> bool:
    """T6: of two signals of one time ours asks their source which came first; the other engine says neither.

    For rules about order each signal then comes from a source of its own, which has no answer either.
    """
    return any(each.is_ordered for each in drawn.sections)


def folded_beyond_ascii(value: object) -> object:
    """T9: the other engine folds the case of ASCII only, so other letters are folded before it sees them."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.casefold()


def without_the_valueless(
    drawn: Scenario, alert: dict[str, Any], events: Mapping[str, Event]
) -> dict[str, Any]:
    """T4: signals without the measured value are no evidence with us; of value_count they are elsewhere."""
    if drawn.root.kind != "value_count" or len(drawn.sections) > 1:
        return alert
    kept = [each for each in alert["event_ids"] if _has_value(drawn, events[each])]
    return {**alert, "event_ids": kept}


def fires_with_a_value(drawn: Scenario, alert: Mapping[str, Any], events: Sequence[Event]) -> bool:
    """T4: a signal without the measured value makes the other engine ask the condition again, ours not."""
    if not drawn.root.field or len(drawn.sections) > 1:
        return True
    return any(
        START + event.at == _micros(alert)
        and _has_value(drawn, event)
        and _keys(drawn, alert) in _groups(drawn, event)
        for event in events
    )


def with_values_below(drawn: Scenario) -> Scenario:
    """T4 again: below a chain that cannot be taken away, so every signal gets a value, for both engines."""
    if len(drawn.sections) == 1 or not drawn.sections[0].field:
        return drawn
    events = tuple(
        replace(event, record={**event.record, "value": 1})
        if isinstance(event.record.get("value"), str | None)
        else event
        for event in drawn.events
    )
    return replace(drawn, events=events)


def _has_value(drawn: Scenario, event: Event) -> bool:
    value = event.record.get(drawn.root.field)
    if drawn.root.kind not in NUMERIC:
        return value is not None
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _groups(drawn: Scenario, event: Event) -> set[tuple[str, ...]]:
    """Return the groups that an event belongs to as a match of each rule."""
    root = drawn.root
    aliases = _aliases(root.aliases)
    return {
        tuple(
            str(event.record.get(aliases.get(word, {}).get(name, name))).casefold() for name in root.group_by
        )
        for word in root.rules
        if word in event.record
    }


def _aliases(text: str) -> dict[str, dict[str, str]]:
    """Return the field for a group-by name of each rule from `{user: {a: actor, b: user}}`."""
    if not text:
        return {}
    name, _, rest = text[1:-1].partition(": {")
    pairs = dict(each.split(": ") for each in rest.rstrip("}").split(", "))
    return {word: {name: field} for word, field in pairs.items()}


def compares_counts(drawn: Scenario) -> bool:
    """Say whether both engines count the same.

    Of an ordered or conditional correlation the other engine names only the signals that make the chain;
    ours counts all matches inside the window, as of the other kinds. Of a chain over a correlation and a
    detection rule it names the signals below both, ours counts a firing as one (S34).
    """
    root = drawn.root
    chained = len(drawn.sections) > 1
    return not root.is_ordered and not root.is_expression and not (chained and root.rules != ("k",))


def compares_missing(drawn: Scenario) -> bool:
    """Say whether both count missing keys alike: with aliases, and of chains, the other adds rules up."""
    return len(drawn.sections) == 1 and not drawn.root.aliases


# What is never drawn, because the other engine cannot say it or says something that Sigma leaves open:
# two bounds (S29, refused by pySigma); ordered rules with lt, lte, eq or neq (the other engine then counts
# rules seen in any order); a parent's key that its child does not group by (taken from the child's evidence).


def smallest(drawn: Scenario) -> Scenario:
    """Return the scenario without signals that are not needed to show the difference."""
    size = len(drawn.events) // 2
    while size:
        start = 0
        while start < len(drawn.events):
            shorter = replace(drawn, events=drawn.events[:start] + drawn.events[start + size :])
            if oracle(shorter) != ours(shorter):
                drawn = shorter
            else:
                start += size
        size //= 2
    return drawn


def told(drawn: Scenario) -> str:
    """Return a difference in words."""
    expected, got = oracle(drawn), ours(drawn)
    return f"DIFFERENCE\n{drawn.shown()}\n  oracle {expected}\n  ours   {got}"


if __name__ == "__main__":
    sys.exit(main())
