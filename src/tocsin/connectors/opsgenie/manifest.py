"""What the Opsgenie-shaped intake says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="opsgenie",
    title="Opsgenie Alert API (intake)",
    category=Category.ALERTS,
    summary="Answers as Opsgenie's Alert API below /opsgenie, so that its senders can be pointed here.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_OPSGENIE_KEYS",
            hint="API keys (GenieKey) to accept beside ingest tokens.",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.opsgenie.alerts:read_request",),
    hook="tocsin.connectors.opsgenie.hook:HOOK",
    secrets="TOCSIN_OPSGENIE_KEYS",
)
