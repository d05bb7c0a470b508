"""What the Intune connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="intune",
    title="Microsoft Intune",
    category=Category.SIGNALS,
    summary="Reads managed devices as Microsoft Graph exports them.",
    inbound=("tocsin.connectors.intune.devices:read_intune",),
    formats=(
        Format(
            name="intune",
            summary="Graph's managedDevices, one by one or as a list.",
            record="tocsin.connectors.intune.devices:read_intune",
            shape="tocsin.connectors.intune.devices:is_intune",
        ),
    ),
)
