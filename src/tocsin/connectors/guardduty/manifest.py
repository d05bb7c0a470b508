"""What the GuardDuty connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Format, Manifest

MANIFEST = Manifest(
    name="guardduty",
    title="Amazon GuardDuty",
    category=Category.SIGNALS,
    summary="Reads findings from EventBridge, SNS, the S3 export and the API's lists.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_GUARDDUTY_SECRETS",
            hint="The value of the header that EventBridge's connection adds (X-Tocsin-Token).",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.guardduty.findings:read_guardduty",),
    formats=(
        Format(
            name="guardduty",
            summary="GuardDuty findings: plain, in EventBridge's or SNS's envelope, or one a line.",
            record="tocsin.connectors.guardduty.findings:read_guardduty",
            shape="tocsin.connectors.guardduty.findings:is_guardduty",
        ),
    ),
    hook="tocsin.connectors.guardduty.hook:HOOK",
    secrets="TOCSIN_GUARDDUTY_SECRETS",
)
