"""What the signals connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Format, Manifest

MANIFEST = Manifest(
    name="signals",
    title="Signals",
    category=Category.SIGNALS,
    summary="Takes NDJSON, JSON arrays, CloudTrail files and single JSON objects, plain or gzip.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_MAX_DECODED_MB",
            hint="The largest body after decompression; a gzip that grows beyond it is refused.",
        ),
    ),
    inbound=("tocsin.connectors.signals.inbound:read_signals", "tocsin.connectors.signals.formats:read"),
    formats=(
        Format(
            name="json",
            summary="NDJSON, a JSON array, one JSON object or CloudTrail's Records, each record as it came.",
            body="tocsin.connectors.signals.inbound:read_plain",
        ),
    ),
)
