"""No-data twins: for every alert that watches a gauge, one that speaks when the gauge itself falls silent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from tocsin.detection.promql.durations import duration_of
from tocsin.detection.promql.labels import NAME
from tocsin.detection.promql.parser import parse
from tocsin.detection.promql.rule import AlertingRule, Group
from tocsin.detection.promql.syntax import Call, Expr, Selector, parts_of
from tocsin.detection.promql.templates import compiled
from tocsin.domain.sample import LabelMatcher, MatchOp

SUFFIX = "NoData"
HOLD_MS = 300_000
_OF_COUNTERS = frozenset({"increase", "irate", "rate", "resets"})
_COUNTER_SUFFIXES = ("_total", "_count", "_sum", "_bucket")
"""How Prometheus names counters; one that nothing was counted in yet is often not there at all."""
_OF_SILENCE = frozenset({"absent", "absent_over_time"})


def no_data_twin(rule: AlertingRule) -> AlertingRule | None:
    """Return the twin of an alert over gauges, None for one over counters or over silence itself.

    It fires, with the rule's own labels, for every job and instance whose series were there within the last
    hour and are not now, and when there is no series at all.
    """
    watched = dict.fromkeys(_written(each) for each in _gauges(rule.expr))
    if not watched:
        return None
    text = " or ".join(_silence(selector) for selector in watched)
    summary = f"No data for alert {rule.name}: {', '.join(watched)} was not heard"
    return replace(
        rule,
        name=f"{rule.name}{SUFFIX}",
        expr=parse(text),
        expr_text=text,
        for_ms=HOLD_MS,
        keep_firing_for_ms=0,
        annotations=(("summary", compiled(summary.replace("{{", "{ {"))),),
    )


def twin_group(group: Group) -> Group | None:
    """Return a group of the twins of a group's alerts, None when it watches no gauge."""
    alerts = [rule for rule in group.rules if isinstance(rule, AlertingRule)]
    twins = tuple(twin for rule in alerts if (twin := no_data_twin(rule)) is not None)
    return replace(group, name=f"{group.name}-no-data", limit=0, rules=twins) if twins else None


def rule_file(group: Group) -> str:
    """Return a group of alerts as a rule file, which Prometheus loads too."""
    lines = ["groups:", f"  - name: {json.dumps(group.name)}"]
    lines += [f"    interval: {duration_of(group.interval_ms)}", "    rules:"]
    for rule in group.rules:
        if isinstance(rule, AlertingRule):
            lines += [
                f"      - alert: {json.dumps(rule.name)}",
                f"        expr: {json.dumps(rule.expr_text)}",
            ]
            lines.append(f"        for: {duration_of(rule.for_ms)}")
            lines += _map("labels", rule) + _map("annotations", rule)
    return "\n".join(lines) + "\n"


def _map(key: str, rule: AlertingRule) -> list[str]:
    pairs = rule.labels if key == "labels" else rule.annotations
    if not pairs:
        return []
    return [f"        {key}:", *(f"          {name}: {json.dumps(value.text)}" for name, value in pairs)]


def _gauges(expr: Expr) -> Iterator[Selector]:
    """Yield the selectors whose own values are looked at, not how fast they grow."""
    if isinstance(expr, Call) and expr.function.name in _OF_COUNTERS | _OF_SILENCE:
        return
    if isinstance(expr, Selector) and not any(_counts(matcher) for matcher in expr.matchers):
        yield expr
    for part in parts_of(expr):
        yield from _gauges(part)


def _silence(selector: str) -> str:
    return (
        f"absent({selector}) or (count by (job, instance) (max_over_time({selector}[1h])) "
        f"unless count by (job, instance) ({selector}))"
    )


def _written(selector: Selector) -> str:
    """Write a selector as text, without its offset: silence is about now."""
    names = [matcher.value for matcher in selector.matchers if _is_name(matcher)]
    others = [matcher for matcher in selector.matchers if not _is_name(matcher)]
    inner = ",".join(
        f"{each.name}{each.op.value}{json.dumps(each.value, ensure_ascii=False)}" for each in others
    )
    return "".join(names[:1]) + (f"{{{inner}}}" if inner else "")


def _counts(matcher: LabelMatcher) -> bool:
    return _is_name(matcher) and matcher.value.endswith(_COUNTER_SUFFIXES)


def _is_name(matcher: LabelMatcher) -> bool:
    return matcher.name == NAME and matcher.op is MatchOp.EQUAL
