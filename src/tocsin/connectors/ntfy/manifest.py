"""What the ntfy connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="ntfy",
    title="ntfy",
    category=Category.MESSAGES,
    summary="Pushes pages and notices to the ntfy app on phones. The address is a topic.",
    settings=(
        ConnectorSetting(name="TOCSIN_NTFY_URL", hint="Your ntfy server, or https://ntfy.sh.", required=True),
        ConnectorSetting(
            name="TOCSIN_NTFY_TOKEN",
            hint="An access token (tk_...) that may write to the topics; a topic without one is public.",
            secret=True,
        ),
    ),
    channel="tocsin.connectors.ntfy.setup:build",
)
