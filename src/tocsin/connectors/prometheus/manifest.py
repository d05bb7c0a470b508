"""What the Prometheus connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="prometheus",
    title="Prometheus queries",
    category=Category.ALERTS,
    summary="Lets a Prometheus server evaluate the expressions of rule files over its own samples.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_PROMETHEUS_URL",
            hint="The server's address, such as http://prometheus:9090; rules are then not evaluated by us.",
        ),
        ConnectorSetting(
            name="TOCSIN_PROMETHEUS_ALERTS",
            hint="Servers whose firing alerts are read at the start, such as http://prometheus:9090; commas.",
        ),
    ),
    inbound=(
        "tocsin.connectors.prometheus.client:PrometheusServer",
        "tocsin.connectors.prometheus.active:PrometheusAlerts",
    ),
)
