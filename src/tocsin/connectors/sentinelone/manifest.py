"""What the SentinelOne connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="sentinelone",
    title="SentinelOne",
    category=Category.SIGNALS,
    summary="Reads exports of threats and agents (API v2.1).",
    inbound=("tocsin.connectors.sentinelone.exports:read_sentinelone",),
    formats=(
        Format(
            name="sentinelone",
            summary="SentinelOne's threats and agents, one by one or as the API lists them.",
            record="tocsin.connectors.sentinelone.exports:read_sentinelone",
            shape="tocsin.connectors.sentinelone.exports:is_sentinelone",
        ),
    ),
)
