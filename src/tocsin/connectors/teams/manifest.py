"""What the Teams connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="teams",
    title="Microsoft Teams",
    category=Category.MESSAGES,
    summary="Posts pages and notices as cards through a workflow (the older connectors are retired).",
    settings=(
        ConnectorSetting(
            name="TOCSIN_TEAMS_WEBHOOKS",
            hint="The URL of a workflow 'When a Teams webhook request is received', as name=URL.",
            required=True,
            secret=True,
        ),
    ),
    channel="tocsin.connectors.teams.setup:build",
    notifiers=(
        ("msteams", "tocsin.connectors.teams.notifier:build_notifier"),
        ("msteamsv2", "tocsin.connectors.teams.notifier:build_notifier"),
    ),
)
