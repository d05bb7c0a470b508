"""What the Datadog connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="datadog",
    title="Datadog",
    category=Category.SIGNALS,
    summary="Reads the webhooks of monitors.",
    inbound=("tocsin.connectors.datadog.monitors:read_monitor",),
    formats=(
        Format(
            name="datadog",
            summary="A monitor's webhook with Datadog's default payload or ours (docs/sources.md).",
            record="tocsin.connectors.datadog.monitors:read_monitor",
            shape="tocsin.connectors.datadog.monitors:is_monitor",
        ),
    ),
)
