"""What the connector of configured SQL queries says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="sql_actions",
    title="SQL queries by configuration",
    category=Category.ACTIONS,
    summary="Reads from the databases of TOCSIN_SQL_DATABASES as the section `sql` of actions.yml says.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SQL_DATABASES",
            hint="agentidp=postgresql://reader:...@host/db, or name=sqlite:///path.",
            required=True,
            secret=True,
        ),
    ),
    permissions=(
        PermissionWanted(
            name="SELECT", why="on the tables of the queries, for a role of its own that has no more"
        ),
    ),
    configured="tocsin.connectors.sql_actions.reading:performers_in",
    callers=(("sql", "tocsin.connectors.sql_actions.caller:make"),),
)
