"""What the generic JSON intake says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="generic",
    title="Any JSON by a mapping",
    category=Category.ALERTS,
    summary="Takes any JSON with a token; the file intake.yml of a pack says where in it the alert is.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_GENERIC_TOKENS",
            hint="Tokens to accept beside ingest tokens, each best as source=token.",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.mapped:read_mapped",),
    hook="tocsin.connectors.generic.hook:HOOK",
    secrets="TOCSIN_GENERIC_TOKENS",
)
