"""What becomes of an alerting rule's alerts at one evaluation: pending, firing, resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tocsin.detection.promql.group_state import Active, Phase
from tocsin.detection.promql.labels import NAME, labels_of, nameless, shown
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.rule import AlertingRule
from tocsin.detection.promql.vector import Vector
from tocsin.domain.sample import Labels, Sample


def advanced(rule: AlertingRule, known: Sequence[Active], vector: Vector, at_ms: int) -> tuple[Active, ...]:
    """Return the alerts after an evaluation (rules/alerting.go, Eval); resolved ones are returned once.

    Raises `EvaluationFailed` when two results have the same labels once the rule's own are set.
    """
    found = _found(rule, vector, at_ms)
    before = {alert.labels: alert for alert in known}
    alerts = []
    for labels, alert in found.items():
        if (old := before.get(labels)) is not None:
            alert = replace(old, annotations=alert.annotations, value=alert.value, quiet_since_ms=None)
        alerts.append(_fired(rule, alert, at_ms))
    for labels, old in before.items():
        if labels not in found and old.phase is Phase.FIRING:
            alerts.append(_quiet(rule, old, at_ms))
    return tuple(alerts)


def _found(rule: AlertingRule, vector: Vector, at_ms: int) -> dict[Labels, Active]:
    found: dict[Labels, Active] = {}
    for labels, value in vector:
        seen = dict(labels)
        named = {name: template.expanded(seen, value) for name, template in rule.labels}
        alert_labels = labels_of({**dict(nameless(labels)), **named, "alertname": rule.name})
        if alert_labels in found:
            raise EvaluationFailed(
                "vector contains metrics with the same labelset after applying alert labels: "
                f"{shown(alert_labels)} stands twice."
            )
        found[alert_labels] = Active(
            labels=alert_labels,
            annotations=tuple((name, template.expanded(seen, value)) for name, template in rule.annotations),
            phase=Phase.PENDING,
            active_at_ms=at_ms,
            value=value,
        )
    return found


def _fired(rule: AlertingRule, alert: Active, at_ms: int) -> Active:
    if alert.phase is Phase.PENDING and at_ms - alert.active_at_ms >= rule.for_ms:
        return replace(alert, phase=Phase.FIRING, fired_at_ms=at_ms)
    return alert


def _quiet(rule: AlertingRule, alert: Active, at_ms: int) -> Active:
    """Keep a firing alert that is no longer found for `keep_firing_for`, then resolve it."""
    if rule.keep_firing_for_ms > 0:
        since = at_ms if alert.quiet_since_ms is None else alert.quiet_since_ms
        if at_ms - since < rule.keep_firing_for_ms:
            return replace(alert, quiet_since_ms=since)
    return replace(alert, phase=Phase.RESOLVED)


def recorded(rule: AlertingRule, alerts: Sequence[Active], at_ms: int) -> list[Sample]:
    """Return ALERTS and ALERTS_FOR_STATE, which other rules may ask about."""
    own = {name: template.text for name, template in rule.labels}
    samples = []
    for alert in alerts:
        if alert.phase is Phase.RESOLVED:
            continue
        labels = own | dict(alert.labels)
        state = labels_of({**labels, NAME: "ALERTS", "alertstate": alert.phase.value})
        since = labels_of({**labels, NAME: "ALERTS_FOR_STATE"})
        samples.append(Sample(state, at_ms, 1.0))
        samples.append(Sample(since, at_ms, float(alert.active_at_ms // 1000)))
    return samples
