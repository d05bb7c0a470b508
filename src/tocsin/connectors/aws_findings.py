"""Makes alerts of GuardDuty findings: one finding is one alert, however often it is told, until archived."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tocsin.connectors.hook import KeyedReport, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import label, leaf, text, word

DETAIL_TYPE = "GuardDuty Finding"
ORIGIN = "guardduty"
# The bands are those of https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
_BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))


def is_finding_event(event: dict[str, Any]) -> bool:
    """Say whether an event of EventBridge carries a finding."""
    return event.get("detail-type") == DETAIL_TYPE and bool(word(event, "detail", "id"))


def finding_report(event: dict[str, Any], now: datetime) -> KeyedReport:
    """Return the report of one finding; one that was made as a sample is recorded and calls nobody."""
    finding = leaf(event, "detail")
    service = leaf(finding, "service")
    is_practice = isinstance(service, dict) and is_sample(service)
    severity = _severity(leaf(finding, "severity"))
    labels = {
        "alertname": label(finding, "type") or "GuardDutyFinding",
        "severity": "informational" if is_practice else severity,
        "guardduty_severity": word(finding, "severity"),
        "account": label(finding, "accountId"),
        "region": label(finding, "region"),
        "resource": label(finding, "resource", "resourceType"),
        "sample": "true" if is_practice else "",
    }
    annotations = {
        "summary": text(finding, "title"),
        "description": text(finding, "description"),
        "count": word(service, "count"),
        "arn": label(finding, "arn"),
    }
    is_archived = leaf(service, "archived") is True
    return keyed(
        word(finding, "id"),
        labels,
        annotations,
        begun=event_instant(leaf(service, "eventFirstSeen")),
        ended=now if is_archived else None,
        origin=ORIGIN,
    )


def finding_delivery(event: dict[str, Any]) -> str:
    """Return what tells one telling of a finding from the next."""
    finding = leaf(event, "detail")
    parts = (word(finding, "id"), word(finding, "updatedAt"), word(finding, "service", "count"))
    return "/".join(parts)


def _severity(number: Any) -> str:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return ""
    return next((name for at_least, name in _BANDS if number >= at_least), "")


def is_sample(service: dict[str, Any]) -> bool:
    """Say whether it was made by "generate sample findings"; exports tell it as an object or as JSON text."""
    more = service.get("additionalInfo")
    if type(more) is not dict:
        return False
    if more.get("sample") in (True, "true"):
        return True
    value = more.get("value")
    if type(value) is not str or "sample" not in value:
        return False
    try:
        inner = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return type(inner) is dict and inner.get("sample") in (True, "true")
