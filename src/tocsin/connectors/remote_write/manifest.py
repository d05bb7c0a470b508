"""What the remote-write connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="remote_write",
    title="Prometheus remote write",
    category=Category.SIGNALS,
    summary="Takes samples from Prometheus, versions 1 and 2 of its remote-write protocol.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_MAX_DECODED_MB",
            hint="The largest body after decompression; remote-write bodies are held to 20 MB at most.",
        ),
    ),
    inbound=("tocsin.connectors.remote_write.inbound:read_write",),
)
