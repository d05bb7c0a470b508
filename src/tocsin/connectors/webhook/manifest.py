"""What the webhook connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="webhook",
    title="Signed webhook",
    category=Category.MESSAGES,
    summary="Posts messages as JSON to any URL, signed by the Standard Webhooks rules.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_WEBHOOK_SECRETS",
            hint="whsec_ and the base64 of 24 to 64 random bytes; several, with commas, while rotating.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_WEBHOOK_IN_SECRETS",
            hint="The sender's whsec_ secrets, for bodies pushed to /hooks/webhook/<source>.",
            secret=True,
        ),
    ),
    channel="tocsin.connectors.webhook.setup:build",
    hook="tocsin.connectors.webhook.inbound:HOOK",
    secrets="TOCSIN_WEBHOOK_IN_SECRETS",
    notifiers=(("webhook", "tocsin.connectors.webhook.notifier:build_notifier"),),
)
