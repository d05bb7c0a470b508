"""What the Inbox says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Manifest

MANIFEST = Manifest(
    name="inbox",
    title="Inbox",
    category=Category.MESSAGES,
    summary="Keeps messages in Tocsin itself, for drills and first use. It reaches nobody outside.",
    channel="tocsin.connectors.inbox.setup:build",
)
