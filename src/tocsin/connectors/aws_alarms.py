"""Makes alerts of CloudWatch alarms: ALARM begins one, OK ends it, and lack of data is one of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.connectors.hook import KeyedReport, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import label, leaf, text, word

DETAIL_TYPE = "CloudWatch Alarm State Change"
ORIGIN = "cloudwatch"
ALARM, OK, NO_DATA = "ALARM", "OK", "INSUFFICIENT_DATA"
MOST_DIMENSIONS = 30
# An alarm has no severity; people write one into its description, as `severity: P2` or `[P2]`.
_SEVERITY = re.compile(r"\bseverity\s*[:=]\s*([\w-]{1,20})|\[(P[0-5])\]", re.IGNORECASE)
_NO_COLON = re.compile(r"([+-]\d{2})(\d{2})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alarm:
    """What the two forms of an alarm's change have in common."""

    name: str
    arn: str
    state: str
    reason: str
    description: str
    at: datetime | None
    labels: Mapping[str, str]


def is_alarm_message(message: dict[str, Any]) -> bool:
    """Say whether a message is an alarm's, as SNS carries it."""
    return bool(word(message, "AlarmName")) and word(message, "NewStateValue") in (ALARM, OK, NO_DATA)


def is_alarm_event(event: dict[str, Any]) -> bool:
    """Say whether an event of EventBridge is an alarm's change of state."""
    state = word(event, "detail", "state", "value")
    return event.get("detail-type") == DETAIL_TYPE and state in (ALARM, OK, NO_DATA)


def alarm_reports(found: dict[str, Any], now: datetime) -> tuple[KeyedReport, ...]:
    """Return what a change of state begins and ends; lack of data never ends an alarm."""
    alarm = _of_message(found) if is_alarm_message(found) else _of_event(found)
    firing, missing = alarm.arn or alarm.name, f"{alarm.arn or alarm.name}/insufficient"
    end = alarm.at or now
    if alarm.state == NO_DATA:
        return (_report(alarm, missing, no_data=True),)
    if alarm.state == ALARM:
        return (_report(alarm, firing), keyed(missing, {}, {}, ended=min(end, now), origin=ORIGIN))
    ended = min(end, now)
    return tuple(
        keyed(key, {}, {"summary": alarm.reason}, ended=ended, origin=ORIGIN) for key in (firing, missing)
    )


def _report(alarm: _Alarm, key: str, *, no_data: bool = False) -> KeyedReport:
    matched = _SEVERITY.search(alarm.description)
    severity = (matched.group(1) or matched.group(2)) if matched else ""
    labels = {
        **alarm.labels,
        "alertname": f"{alarm.name} lacks data" if no_data else alarm.name,
        "severity": severity,
    }
    summary = f"{alarm.name} has no data to judge by" if no_data else f"{alarm.name} is in alarm"
    annotations = {"summary": summary, "description": "\n".join((alarm.description, alarm.reason)).strip()}
    return keyed(key, labels, annotations, begun=alarm.at, origin=ORIGIN)


def _of_message(found: dict[str, Any]) -> _Alarm:
    trigger = leaf(found, "Trigger")
    dimensions = leaf(trigger, "dimensions") or leaf(trigger, "Dimensions")
    return _Alarm(
        name=label(found, "AlarmName"),
        arn=label(found, "AlarmArn"),
        state=word(found, "NewStateValue"),
        reason=text(found, "NewStateReason"),
        description=text(found, "AlarmDescription"),
        at=_instant(word(found, "StateChangeTime")),
        labels={
            **_dimensions(dimensions),
            "account": label(found, "AWSAccountId"),
            "region": _region(word(found, "AlarmArn")),
            "namespace": label(trigger, "Namespace"),
            "metric": label(trigger, "MetricName"),
            "composite": "true" if word(found, "AlarmRule") else "",
        },
    )


def _of_event(event: dict[str, Any]) -> _Alarm:
    resources = leaf(event, "resources")
    arn = resources[0] if isinstance(resources, list) and resources else ""
    detail = leaf(event, "detail")
    metrics = leaf(detail, "configuration", "metrics")
    first = metrics[0] if isinstance(metrics, list) and metrics else None
    metric = leaf(first, "metricStat", "metric")
    return _Alarm(
        name=label(detail, "alarmName"),
        arn=arn if isinstance(arn, str) else "",
        state=word(detail, "state", "value"),
        reason=text(detail, "state", "reason"),
        description=text(detail, "configuration", "description"),
        at=_instant(word(detail, "state", "timestamp")),
        labels={
            "account": label(event, "account"),
            "region": label(event, "region"),
            "namespace": label(metric, "namespace"),
            "metric": label(metric, "name"),
        },
    )


def _dimensions(found: Any) -> dict[str, str]:
    if not isinstance(found, list):
        return {}
    return {label(each, "name"): label(each, "value") for each in found[:MOST_DIMENSIONS]}


def _region(arn: str) -> str:
    """Return the region out of the alarm's ARN; the message itself has only a display name."""
    parts = arn.split(":")
    return parts[3][:40] if len(parts) > 3 else ""


def _instant(text_of_time: str) -> datetime | None:
    """Read a time whose offset may lack its colon (`+0000`)."""
    return event_instant(_NO_COLON.sub(r"\1:\2", text_of_time)) if text_of_time else None
