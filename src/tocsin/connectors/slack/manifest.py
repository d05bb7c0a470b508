"""What the Slack connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="slack",
    title="Slack",
    category=Category.MESSAGES,
    summary="Posts pages and notices to a channel or to a person, and changes them as the incident goes on.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SLACK_TOKEN",
            hint="The bot token (xoxb-...) from the app's page OAuth & Permissions.",
            either=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_SLACK_WEBHOOKS",
            hint="Incoming webhooks as name=URL; the name is the address. They cannot change a message.",
            either=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_SLACK_SIGNING_SECRETS",
            hint="The signing secret from the app's page Basic Information; without it there are no buttons.",
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_SLACK_URL", hint="Only to be changed for a proxy or another Slack cloud."
        ),
    ),
    permissions=(
        PermissionWanted(name="chat:write", why="to post messages where the bot was invited, and to people"),
        PermissionWanted(name="im:write", why="to find the conversation with a person, before a repeat"),
        PermissionWanted(
            name="channels:history, groups:history, im:history",
            why="to see before a repeat whether the message is there already; without it one may come twice",
        ),
        PermissionWanted(
            name="channels:manage, groups:write, channels:read, groups:read",
            why="only for the actions that make an incident's channel and invite people to it",
        ),
    ),
    channel="tocsin.connectors.slack.setup:build",
    hook="tocsin.connectors.slack.inbound:HOOK",
    secrets="TOCSIN_SLACK_SIGNING_SECRETS",
    errand="tocsin.connectors.slack.errands:run",
    performers="tocsin.connectors.slack.acts:PERFORMERS",
    callers=(("slack", "tocsin.connectors.slack.acts:make"),),
    notifiers=(("slack", "tocsin.connectors.slack.notifier:build_notifier"),),
)
