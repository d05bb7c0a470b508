"""What the OpenTelemetry connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="otlp",
    title="OpenTelemetry",
    category=Category.SIGNALS,
    summary="Takes OTLP over HTTP: logs and spans become signals, metrics become samples.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_MAX_DECODED_MB",
            hint="The largest body after decompression; OTLP bodies are held to 20 MB at most.",
        ),
    ),
    inbound=(
        "tocsin.connectors.otlp.logs:read_logs",
        "tocsin.connectors.otlp.spans:read_spans",
        "tocsin.connectors.otlp.metrics:read_metrics",
    ),
)
