"""What the SNS connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="sns",
    title="Amazon SNS",
    category=Category.ALERTS,
    summary="Takes signed notifications of allowed topics: CloudWatch alarms, GuardDuty findings, any other.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SNS_TOPICS",
            hint="ARNs of the topics that may send, and whose subscription is confirmed.",
        ),
    ),
    inbound=("tocsin.connectors.sns.messages:read_message",),
    hook="tocsin.connectors.sns.hook:HOOK",
    secrets="TOCSIN_SNS_TOPICS",
    errand="tocsin.connectors.sns.confirming:run",
)
