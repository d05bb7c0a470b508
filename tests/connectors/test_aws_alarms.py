"""CloudWatch alarms as alerts: OK ends, lack of data is an alert of its own and never an end."""

from __future__ import annotations

from typing import Any

import pytest

from nouns import NOON
from tocsin.connectors.aws_alarms import alarm_reports, is_alarm_event, is_alarm_message

ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:logins"


def _message(state: str, **given: Any) -> dict[str, Any]:
    return {
        "AlarmName": "logins",
        "AlarmArn": ARN,
        "NewStateValue": state,
        "NewStateReason": "Threshold crossed",
        "StateChangeTime": "2026-03-01T11:59:00.000+0000",
        "Region": "EU (Ireland)",
        **given,
    }


def _event(state: str) -> dict[str, Any]:
    detail = {"alarmName": "logins", "state": {"value": state, "timestamp": "2026-03-01T11:59:00.000+0000"}}
    return {
        "detail-type": "CloudWatch Alarm State Change",
        "region": "eu-west-1",
        "resources": [ARN],
        "detail": detail,
    }


def _told(found: dict[str, Any]) -> dict[str, bool]:
    """Return for each key whether it is over."""
    return {each.key: each.report.ends_at is not None for each in alarm_reports(found, NOON)}


@pytest.mark.parametrize("made", [_message, _event])
def test_each_state_begins_and_ends_what_it_should(made) -> None:
    assert _told(made("ALARM")) == {ARN: False, f"{ARN}/insufficient": True}
    assert _told(made("OK")) == {ARN: True, f"{ARN}/insufficient": True}
    assert _told(made("INSUFFICIENT_DATA")) == {f"{ARN}/insufficient": False}


def test_times_without_a_colon_and_the_region_of_the_arn_are_read() -> None:
    report = alarm_reports(_message("ALARM"), NOON)[0].report
    assert (report.starts_at.minute, report.labels["region"], report.source) == (
        59,
        "eu-west-1",
        "cloudwatch",
    )


@pytest.mark.parametrize(
    ("description", "severity"),
    [
        ("severity: P2", "P2"),
        ("[P1] call", "P1"),
        ("Severity=high!", "high"),
        ("nothing", None),
        (None, None),
    ],
)
def test_a_severity_is_what_people_wrote_into_the_description(description, severity) -> None:
    report = alarm_reports(_message("ALARM", AlarmDescription=description), NOON)[0].report
    assert report.labels.get("severity") == severity


def test_dimensions_are_labels_and_cannot_hide_the_alarms_own() -> None:
    dimensions = [{"name": "env", "value": "prod"}, {"name": "alertname", "value": "x"}, 7]
    trigger = {"MetricName": "m", "Namespace": "n", "Dimensions": dimensions}
    labels = alarm_reports(_message("ALARM", Trigger=trigger), NOON)[0].report.labels
    assert (labels["env"], labels["alertname"], labels["metric"]) == ("prod", "logins", "m")


def test_a_composite_alarm_has_a_rule_and_no_trigger() -> None:
    labels = alarm_reports(_message("ALARM", AlarmRule="ALARM(a)"), NOON)[0].report.labels
    assert labels["composite"] == "true"


def test_an_alarm_without_an_arn_is_known_by_its_name() -> None:
    assert alarm_reports(_message("ALARM", AlarmArn=None), NOON)[0].key == "logins"


def test_an_event_tells_its_metric() -> None:
    event = _event("ALARM")
    metric = {"metricStat": {"metric": {"namespace": "AWS/EC2", "name": "CPU"}}}
    event["detail"]["configuration"] = {"metrics": [metric], "description": "[P2]"}
    labels = alarm_reports(event, NOON)[0].report.labels
    assert (labels["metric"], labels["severity"]) == ("CPU", "P2")


@pytest.mark.parametrize("found", [{}, _message("FINE"), {"AlarmName": "x"}])
def test_other_bodies_are_no_alarm(found) -> None:
    assert not is_alarm_message(found)
    assert not is_alarm_event(found)
