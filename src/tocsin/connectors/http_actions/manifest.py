"""What the connector of configured HTTP actions says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="http_actions",
    title="HTTP actions by configuration",
    category=Category.ACTIONS,
    summary="Calls the services of TOCSIN_HTTP_TARGETS as the section `http` of actions.yml says.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_HTTP_TARGETS", hint="agentidp=https://api.example.org/v1", required=True
        ),
        ConnectorSetting(name="TOCSIN_HTTP_TOKENS", hint="agentidp=TOKEN, by the same names.", secret=True),
    ),
    configured="tocsin.connectors.http_actions.reading:performers_in",
    callers=(("http", "tocsin.connectors.http_actions.caller:make"),),
)
