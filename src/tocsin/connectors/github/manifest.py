"""What the GitHub connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="github",
    title="GitHub",
    category=Category.ALERTS,
    summary="Takes webhooks: failed runs and deployments, leaked secrets and code findings become alerts.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_GITHUB_SECRETS",
            hint="The webhook's secret, made with `openssl rand -hex 32`; the new one first while rotating.",
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_GITHUB_TOKEN",
            hint="Token of an app's installation (deployments: write, actions: write), only for actions.",
            secret=True,
        ),
        ConnectorSetting(name="TOCSIN_GITHUB_URL", hint="https://HOST/api/v3 for GitHub Enterprise Server."),
    ),
    performers="tocsin.connectors.github.acts:PERFORMERS",
    callers=(("github", "tocsin.connectors.github.acts:make"),),
    inbound=("tocsin.connectors.github.events:read_event",),
    hook="tocsin.connectors.github.hook:HOOK",
    secrets="TOCSIN_GITHUB_SECRETS",
)
