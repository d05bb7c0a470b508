"""Tocsin behind the kit's protocol. Its fast path over lines must agree with its answer for records."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tocsin.detection.engine import Plan, compile_plan, latest
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma import tables
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.state import WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
LEVELS = dict.fromkeys(("critical", "high", "medium", "low", "informational"), Severity.P3)
OFFERS = (
    *("absence", "condition-of-rules", "filters", "folding", "generate", "linear-regex", "lists"),
    *("long-timespans", "remarks", "same-member", "sequence", "value_median"),
    *("tocsin.allowed_lateness", "tocsin.baseline", "tocsin.emit", "tocsin.for", "tocsin.frobnicate"),
    *("tocsin.gap", "tocsin.heartbeat", "tocsin.keep_firing_for", "tocsin.lookup", "tocsin.new_value"),
    *("tocsin.ratio", "tocsin.window"),
)


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        question = json.loads(line)
        found = hello() if "hello" in question else answered(question)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def hello() -> dict[str, Any]:
    """Say who answers and what is offered."""
    return {"engine": "Tocsin", "version": "of this repository", "offers": OFFERS}


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """Judge the events of one vector by its rules."""
    known = tables.read(_files(question.get("tables", ())), _files(question.get("calendars", ())))
    loaded = load([("vector.yml", question["rule"])], known)
    if loaded.problems:
        return {"error": str(loaded.problems[0])}
    # The kit asks every rule about every event; here the log source decides nothing.
    anywhere = tuple(replace(rule, logsource=LogSource()) for rule in loaded.rules)
    rules = replace(loaded, rules=anywhere)
    plan = compile_plan(rules, levels=LEVELS)
    signals = [signal_of(number, event) for number, event in enumerate(question["events"])]
    found = (
        correlated(plan, rules, signals, question.get("until"))
        if rules.correlations
        else matched(plan, signals)
    )
    return {**found, "remarked": any("level" not in remark.reason for remark in loaded.remarks)}


def _files(listed: Sequence[Any]) -> list[tuple[str, str]]:
    return [(f"{each['name']}.yml", json.dumps(each)) for each in listed]


def signal_of(number: int, event: dict[str, Any]) -> Signal:
    """Return an event as a signal; without a sequence of its own it comes from a source of its own."""
    time = datetime.fromisoformat(event["timestamp"]) if "timestamp" in event else BEGIN
    source, position = str(number), number
    if "sequence" in event:
        source, position = str(event.get("source", "")), int(event["sequence"])
    return Signal(raw=json.dumps(event).encode(), record=event, time=time, source=source, position=position)


def matched(plan: Plan, signals: Sequence[Signal]) -> dict[str, Any]:
    """Return which events match, if both ways to ask agree."""
    matches = [number for number, signal in enumerate(signals) if plan.hits(signal)]
    fast = [number for number, _ in plan.sift([signal.raw for signal in signals])]
    if not set(matches) <= set(fast) or (
        matches != fast and not any("timestamp" in each.record for each in signals)
    ):
        return {"error": f"lines give {fast}, records {matches}"}
    return {"matches": matches}


def correlated(plan: Plan, rules: RuleSet, signals: Sequence[Signal], until: str | None) -> dict[str, Any]:
    """Return the alerts, one event after the other in the order in which they are listed."""
    state, told, heard = WindowState(), [], micros(BEGIN)
    for signal in signals:
        heard = max(heard, micros(signal.time))
        judged = plan.judge(state, [signal], heard=heard)
        state = judged.state
        told += judged.alerts
    end = micros(datetime.fromisoformat(until)) if until else None
    told += plan.finish(state, heard=end).alerts
    numbers = {(signal.source, signal.position): number for number, signal in enumerate(signals)}
    counted = {each.header.label for each in rules.correlations}
    alerts = latest(told)
    return {
        "alerts": [alert_of(each) for each in alerts if each.rule_id in counted],
        "matches": sorted(
            numbers[ref.source, ref.position]
            for each in alerts
            if each.rule_id not in counted
            for ref in each.evidence
        ),
        "diagnostics": {
            each.what: each.count for each in plan.diagnostics(plan.finish(state, heard=end).state)
        },
    }


def alert_of(alert: DetectedAlert) -> dict[str, Any]:
    """Return an alert as the kit writes it."""
    return {
        "rule": alert.rule_title,
        "group": dict(alert.group),
        "first": alert.first_seen.isoformat(),
        "last": alert.last_seen.isoformat(),
        "count": alert.count,
    }


if __name__ == "__main__":
    main()
