"""What the Sentry connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="sentry",
    title="Sentry",
    category=Category.ALERTS,
    summary="Takes webhooks of an integration: issue alerts, issues and metric alerts, and their ends.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SENTRY_SECRETS",
            hint="The Client Secret of the internal integration, from its page under Custom Integrations.",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.sentry.events:read_event",),
    hook="tocsin.connectors.sentry.hook:HOOK",
    secrets="TOCSIN_SENTRY_SECRETS",
)
