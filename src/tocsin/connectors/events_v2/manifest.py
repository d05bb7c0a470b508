"""What the Events v2 intake says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="events_v2",
    title="PagerDuty Events API v2 (intake)",
    category=Category.ALERTS,
    summary="Answers as PagerDuty's Events API v2 at /v2/enqueue, so that its senders can be pointed here.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_EVENTS_V2_KEYS",
            hint="Routing keys (32 characters) to accept beside ingest tokens.",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.events_v2.events:read_event",),
    hook="tocsin.connectors.events_v2.hook:HOOK",
    secrets="TOCSIN_EVENTS_V2_KEYS",
)
