"""pySigma with its SQLite backend behind the kit's protocol.

Events become rows of one table, as Zircolite makes it: nested fields under dotted names, text that compares
without regard to case, lists as their JSON text. The backend gives one alert an event; here they are folded
as the kit folds them, so that only what is detected is compared.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from sigma.backends.sqlite import sqliteBackend
from sigma.backends.sqlite.runtime import ensure_fields, execute_plan
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError

FULLTEXT = "all_values"
OFFERS = ("absence", "condition-of-rules", "filters", "generate", "long-timespans", "value_median")


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        question = json.loads(line)
        found = hello() if "hello" in question else answered(question)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def hello() -> dict[str, Any]:
    """Say who answers and what is offered."""
    numbers = f"{version('pysigma')} + SQLite backend {version('pysigma-backend-sqlite')}"
    return {"engine": "pySigma", "version": numbers, "offers": OFFERS}


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """Judge the events of one vector by its rules."""
    events = question["events"]
    end = question.get("until") or max((event.get("timestamp", "") for event in events), default="")
    try:
        collection = SigmaCollection.from_yaml(question["rule"])
        horizon = _seconds(end) if end else None
        backend = sqliteBackend(fulltext_field=FULLTEXT, observation_end=horizon)
        entries = json.loads(backend.convert(collection, "zircolite"))
    except (SigmaError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    connection = sqlite3.connect(":memory:")
    try:
        connection.create_function("regexp", 2, _searched, deterministic=True)
        fill(connection, events)
        return judged(connection, entries, collection, events)
    except sqlite3.Error as error:
        return {"error": f"{type(error).__name__}: {error}"}
    finally:
        connection.close()


def _searched(pattern: str, value: object) -> bool:
    return value is not None and re.search(pattern, str(value)) is not None


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def fill(connection: sqlite3.Connection, events: Sequence[dict[str, Any]]) -> None:
    """Make the table; columns whose names differ in case alone are one, as in any SQL table."""
    rows = [dict(_flat(event)) for event in events]
    names = {name.lower(): name for row in rows for name in row} | {"timestamp": "timestamp"}
    columns = list(names.values())
    quoted = ", ".join(f"`{name}` TEXT COLLATE NOCASE" for name in (*columns, FULLTEXT))
    connection.execute(f"CREATE TABLE logs ({quoted})")
    for row in rows:
        folded = {name.lower(): value for name, value in row.items()}
        values = [folded.get(name.lower()) for name in columns]
        text = "\n".join(value for value in row.values() if value is not None)
        marks = ", ".join("?" * (len(values) + 1))
        connection.execute(f"INSERT INTO logs VALUES ({marks})", (*values, text))


def _flat(event: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for name, value in event.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is None or isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, bool | list):
            yield prefix + name, json.dumps(value)
        else:
            yield prefix + name, str(value)


def judged(
    connection: sqlite3.Connection,
    entries: Sequence[dict[str, Any]],
    collection: SigmaCollection,
    events: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Run the queries and plans of the rules that speak for themselves."""
    spans = {
        rule.title: rule.timespan.seconds
        for rule in collection.rules
        if isinstance(rule, SigmaCorrelationRule)
    }
    matches: set[int] = set()
    alerts: list[dict[str, Any]] = []
    diagnostics: dict[str, int] = {}
    for entry in entries:
        if "correlation_plan" in entry:
            raised, counts = execute_plan(connection, entry["correlation_plan"], include_events=False)
            alerts += folded(entry["title"], raised, spans[entry["title"]], events)
            for name, count in counts.items():
                diagnostics[name] = diagnostics.get(name, 0) + count
            continue
        ensure_fields(connection, {entry["source_table"]: entry["required_fields"]})
        for query in entry["rule"]:
            rows = connection.execute(query.replace("SELECT *", "SELECT rowid", 1))
            matches.update(row - 1 for (row,) in rows)
    return {"matches": sorted(matches), "alerts": alerts, "diagnostics": diagnostics}


def folded(
    title: str, raised: Sequence[dict[str, Any]], span: int, events: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Fold alerts of one group that follow within the timespan into one burst."""
    bursts: list[dict[str, Any]] = []
    open_: dict[str, dict[str, Any]] = {}
    for alert in sorted(raised, key=lambda each: float(each["window_end"])):
        group, at = json.dumps(alert["group_keys"], sort_keys=True), alert["window_end"]
        burst = open_.get(group)
        if burst is None or at - burst["at"] > span:
            burst = open_[group] = {"group": alert["group_keys"], "at": at, "seen": set()}
            bursts.append(burst)
        burst["at"] = at
        # Of a chain the children are what is counted.
        burst["seen"] |= set(alert["child_alert_ids"] or alert["event_ids"])
        burst.setdefault("events", set()).update(alert["event_ids"])
    return [
        {
            "rule": title,
            "group": burst["group"],
            "first": min((_time(each, events) for each in burst["events"]), default=_iso(burst["at"])),
            "last": _iso(burst["at"]),
            "count": len(burst["seen"]),
        }
        for burst in bursts
    ]


def _time(identity: str, events: Sequence[dict[str, Any]]) -> str:
    return str(events[int(identity.partition(":")[2]) - 1]["timestamp"])


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


if __name__ == "__main__":
    main()
