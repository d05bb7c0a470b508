"""What the connector to Jira Service Management says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="jira_service_management",
    title="Jira Service Management",
    category=Category.MESSAGES,
    summary="Makes, acknowledges and closes alerts of its operations (what Opsgenie became).",
    settings=(
        ConnectorSetting(
            name="TOCSIN_JSM_KEYS",
            hint="The API key of a team's API integration, as name=key; a migrated Opsgenie key works too.",
            either=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_JSM_TOKEN", hint="id.atlassian.com, API tokens.", either=True, secret=True
        ),
        ConnectorSetting(name="TOCSIN_JSM_USER", hint="Mail address of the token's owner."),
        ConnectorSetting(
            name="TOCSIN_JSM_CLOUD_ID", hint="From https://SITE.atlassian.net/_edge/tenant_info."
        ),
        ConnectorSetting(name="TOCSIN_JSM_URL", hint="Only to be changed for a proxy."),
    ),
    permissions=(
        PermissionWanted(
            name="write:ops-alert:jira-service-management, read:ops-alert:jira-service-management",
            why="with a token: to make, find and close alerts; a key needs Create and Update Access",
        ),
    ),
    channel="tocsin.connectors.jira_service_management.setup:build",
    notifiers=(("opsgenie", "tocsin.connectors.jira_service_management.notifier:build_notifier"),),
)
