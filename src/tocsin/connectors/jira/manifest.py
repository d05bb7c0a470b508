"""What the Jira connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="jira",
    title="Jira",
    category=Category.MESSAGES,
    summary="Keeps one issue an incident, on Jira Cloud or Data Center. The address is a project's key.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_JIRA_URL", hint="https://example.atlassian.net, or your own server.", required=True
        ),
        ConnectorSetting(
            name="TOCSIN_JIRA_TOKEN",
            hint="Cloud: id.atlassian.com, API tokens. Data Center: profile, personal access tokens.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_JIRA_USER", hint="Cloud: mail address of the token's owner. Empty: Data Center."
        ),
        ConnectorSetting(name="TOCSIN_JIRA_ISSUE_TYPE", hint="Name or id, for example Bug or 10004."),
        ConnectorSetting(
            name="TOCSIN_JIRA_PRIORITIES", hint="P1=1,P2=2 with the ids of /rest/api/3/priority."
        ),
        ConnectorSetting(
            name="TOCSIN_JIRA_RESOLVE_TRANSITION",
            hint="Id of the transition that closes an issue, from /rest/api/3/issue/KEY/transitions.",
        ),
    ),
    permissions=(
        PermissionWanted(name="Browse projects", why="to find the issue that an incident has already"),
        PermissionWanted(name="Create issues", why="to make it"),
        PermissionWanted(name="Add comments", why="to tell in it how the incident goes on"),
        PermissionWanted(name="Transition issues", why="to close it, if a transition is set"),
    ),
    performers="tocsin.connectors.jira.acts:PERFORMERS",
    callers=(("jira", "tocsin.connectors.jira.acts:make"),),
    channel="tocsin.connectors.jira.setup:build",
    notifiers=(("jira", "tocsin.connectors.jira.notifier:build_notifier"),),
)
