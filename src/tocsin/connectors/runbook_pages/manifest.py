"""What the pages of runbooks need."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

_HERE = "tocsin.connectors.runbook_pages"

MANIFEST = Manifest(
    name="runbook_pages",
    title="Runbooks in Confluence and Git",
    category=Category.ACTIONS,
    summary="Quotes the page that an alert or a step links to, as it was read that night.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_RUNBOOK_SOURCES", hint="wiki=https://acme.atlassian.net/wiki", required=True
        ),
        ConnectorSetting(
            name="TOCSIN_RUNBOOK_TOKENS",
            hint="wiki=TOKEN, or wiki=mail@example.org:TOKEN for Confluence Cloud.",
            secret=True,
        ),
    ),
    permissions=(PermissionWanted(name="read:page:confluence", why="to read the pages of one space"),),
    collectors=f"{_HERE}.collectors:COLLECTORS",
    callers=(("runbook.pages", f"{_HERE}.caller:make"),),
)
