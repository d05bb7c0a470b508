"""What the CloudWatch connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

_HERE = "tocsin.connectors.cloudwatch"

MANIFEST = Manifest(
    name="cloudwatch",
    title="Amazon CloudWatch and EventBridge",
    category=Category.SIGNALS,
    summary="Reads alarms, log subscriptions, metric streams and EventBridge's events.",
    inbound=(f"{_HERE}.alarms:read_alarm", f"{_HERE}.logs:read_subscription"),
    formats=(
        Format(
            name="cloudwatch-alarm",
            summary="Changes of state of CloudWatch alarms, from SNS or EventBridge.",
            record=f"{_HERE}.alarms:read_alarm",
            shape=f"{_HERE}.alarms:is_alarm",
        ),
        Format(
            name="cloudwatch-logs",
            summary="Messages of a CloudWatch Logs subscription, packed or plain; each log line a signal.",
            record=f"{_HERE}.logs:read_subscription",
            shape=f"{_HERE}.logs:is_subscription",
            carries=True,
        ),
        Format(
            name="cloudwatch-metrics",
            summary="Data points of a CloudWatch metric stream in JSON.",
            record=f"{_HERE}.metrics:read_metric",
            shape=f"{_HERE}.metrics:is_metric",
        ),
        Format(
            name="eventbridge",
            summary="Any other event of EventBridge; API calls told by CloudTrail are taken out of it.",
            record=f"{_HERE}.events:read_event",
            shape=f"{_HERE}.events:is_event",
        ),
    ),
)
