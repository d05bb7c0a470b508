"""What the CloudWatch connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import (
    Category,
    ConnectorSetting,
    Format,
    Manifest,
    PermissionWanted,
)

_HERE = "tocsin.connectors.cloudwatch"

MANIFEST = Manifest(
    name="cloudwatch",
    title="Amazon CloudWatch and EventBridge",
    category=Category.SIGNALS,
    summary="Reads alarms, log subscriptions, metric streams and EventBridge's events.",
    settings=(
        ConnectorSetting(name="TOCSIN_CLOUDWATCH_LOGS", hint="For example waf=aws-waf-logs-shop."),
        ConnectorSetting(
            name="TOCSIN_CLOUDWATCH_METRICS", hint="For example AWS/EC2:CPUUtilization:Average."
        ),
        ConnectorSetting(name="TOCSIN_AWS_REGION", hint="The region that is watched, such as eu-west-1."),
        ConnectorSetting(name="TOCSIN_AWS_URL", hint="Only for a proxy or a stand-in of AWS."),
        ConnectorSetting(name="TOCSIN_AWS_POLL_SECONDS", hint="Every call of CloudWatch's API is paid for."),
    ),
    permissions=(
        PermissionWanted(name="logs:FilterLogEvents", why="To read the log groups that are named."),
        PermissionWanted(name="cloudwatch:ListMetrics", why="To find the series of a metric."),
        PermissionWanted(name="cloudwatch:GetMetricData", why="To read them."),
    ),
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
