"""What the Statuspage connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="statuspage",
    title="Statuspage",
    category=Category.MESSAGES,
    summary="Keeps an incident on a public status page. The address is PAGE/COMPONENT,COMPONENT...",
    settings=(
        ConnectorSetting(
            name="TOCSIN_STATUSPAGE_KEY",
            hint="An API key of a user who manages the page: Avatar, API info.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(name="TOCSIN_STATUSPAGE_URL", hint="Only to be changed for a proxy."),
    ),
    permissions=(
        PermissionWanted(name="incidents", why="to find, open and update the incident that is ours"),
        PermissionWanted(name="components", why="to mark the components of the address as disturbed"),
    ),
    performers="tocsin.connectors.statuspage.acts:PERFORMERS",
    callers=(("statuspage", "tocsin.connectors.statuspage.acts:make"),),
    channel="tocsin.connectors.statuspage.setup:build",
)
