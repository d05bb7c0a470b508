"""What the Edge Delta connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="edgedelta",
    title="Edge Delta",
    category=Category.ALERTS,
    summary="Takes notifications of monitors, written by the template of docs/hooks.md.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_EDGEDELTA_TOKENS",
            hint="Tokens to accept beside ingest tokens, sent in the header X-Tocsin-Token.",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.mapped:read_mapped",),
    hook="tocsin.connectors.edgedelta.hook:HOOK",
    secrets="TOCSIN_EDGEDELTA_TOKENS",
)
