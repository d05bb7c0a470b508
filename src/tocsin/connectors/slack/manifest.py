"""What the Slack connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="slack",
    title="Slack",
    category=Category.MESSAGES,
    summary="Posts pages and notices to a channel or to a person. The address is a channel id or a user id.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SLACK_TOKEN",
            hint="The bot token (xoxb-...) from the app's page OAuth & Permissions.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_SLACK_URL", hint="Only to be changed for a proxy or another Slack cloud."
        ),
    ),
    permissions=(
        PermissionWanted(name="chat:write", why="to post messages where the bot was invited, and to people"),
    ),
    channel="tocsin.connectors.slack.setup:build",
)
