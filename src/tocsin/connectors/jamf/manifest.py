"""What the Jamf connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="jamf",
    title="Jamf Pro",
    category=Category.SIGNALS,
    summary="Reads webhooks and the inventory of computers.",
    inbound=("tocsin.connectors.jamf.devices:read_jamf",),
    formats=(
        Format(
            name="jamf",
            summary="Jamf Pro's webhooks (JSON) and computers, one by one or as the API lists them.",
            record="tocsin.connectors.jamf.devices:read_jamf",
            shape="tocsin.connectors.jamf.devices:is_jamf",
        ),
    ),
)
