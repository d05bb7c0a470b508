"""Events of EventBridge: findings and alarms are alerts, everything is a signal."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.aws_events import read_eventbridge

ALARM = {"alarmName": "cpu", "state": {"value": "ALARM"}}


@pytest.mark.parametrize(
    ("event", "reports"),
    [
        ({"detail-type": "GuardDuty Finding", "detail": {"id": "x"}}, 1),
        ({"detail-type": "CloudWatch Alarm State Change", "detail": ALARM}, 2),
        ({"detail-type": "EC2 Instance State-change Notification", "detail": {}}, 0),
    ],
)
def test_findings_and_alarms_are_alerts_and_everything_is_a_signal(event, reports: int) -> None:
    found = read_eventbridge(event, NOON)
    assert (len(found.reports), len(found.signals)) == (reports, 1)
