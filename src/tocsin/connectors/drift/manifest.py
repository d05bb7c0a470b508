"""What the drift connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="drift",
    title="Configuration drift",
    category=Category.SIGNALS,
    summary="Compares a snapshot of a configuration with its baseline.",
    inbound=("tocsin.connectors.drift.report:read_drift_report",),
    formats=(
        Format(
            name="drift",
            summary="A baseline and a snapshot in one JSON object; each difference a signal.",
            record="tocsin.connectors.drift.report:read_drift_report",
            shape="tocsin.connectors.drift.report:is_drift_report",
        ),
    ),
)
