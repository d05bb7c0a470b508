"""What the CrowdStrike connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="crowdstrike",
    title="CrowdStrike Falcon",
    category=Category.SIGNALS,
    summary="Reads event streams and exports of alerts and hosts.",
    inbound=("tocsin.connectors.crowdstrike.falcon:read_falcon",),
    formats=(
        Format(
            name="crowdstrike",
            summary="Falcon's event streams, alerts (v2) and hosts, one by one or as the API lists them.",
            record="tocsin.connectors.crowdstrike.falcon:read_falcon",
            shape="tocsin.connectors.crowdstrike.falcon:is_falcon",
        ),
    ),
)
