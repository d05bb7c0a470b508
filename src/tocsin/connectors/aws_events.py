"""Reads an event of EventBridge, whoever brought it: findings and alarms are alerts, all are signals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin.connectors.aws_alarms import alarm_reports, is_alarm_event
from tocsin.connectors.aws_findings import finding_report, is_finding_event
from tocsin.connectors.hook import ReadHook
from tocsin.connectors.leaves import line_of


def read_eventbridge(event: dict[str, Any], now: datetime) -> ReadHook:
    """Read a finding or an alarm as alerts; any other event is a signal."""
    signal = (line_of(event),)
    if is_finding_event(event):
        return ReadHook(reports=(finding_report(event, now),), signals=signal)
    if is_alarm_event(event):
        return ReadHook(reports=alarm_reports(event, now), signals=signal)
    return ReadHook(signals=signal)
