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
    ),
    channel="tocsin.connectors.webhook.setup:build",
    notifiers=(("webhook", "tocsin.connectors.webhook.notifier:build_notifier"),),
)
