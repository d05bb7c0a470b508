"""What the deploy connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="deploy",
    title="Rollback",
    category=Category.ACTIONS,
    summary="Rolls services back to proven builds: docker compose, ECS, Kubernetes, GitHub deployments.",
    settings=(
        ConnectorSetting(name="TOCSIN_COMPOSE_COMMAND", hint="What runs docker compose on this machine."),
        ConnectorSetting(name="TOCSIN_KUBERNETES_URL", hint="https://... of the cluster's API server."),
        ConnectorSetting(
            name="TOCSIN_KUBERNETES_TOKEN", hint="Token of a service account of ours.", secret=True
        ),
        ConnectorSetting(name="TOCSIN_KUBERNETES_CA", hint="File with the cluster's CA in PEM."),
    ),
    permissions=(
        PermissionWanted(name="apps/deployments get, update", why="to run another image by its digest"),
    ),
    performers="tocsin.connectors.deploy.rollback:PERFORMERS",
    configured="tocsin.connectors.deploy.rollback:performers_of",
    callers=(
        ("deploy", "tocsin.connectors.deploy.records:make"),
        ("kubernetes", "tocsin.connectors.deploy.kubernetes:make"),
    ),
)
