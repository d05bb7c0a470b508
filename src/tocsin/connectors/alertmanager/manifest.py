"""What the Alertmanager connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="alertmanager",
    title="Prometheus and Alertmanager",
    category=Category.ALERTS,
    summary="Takes alerts from Prometheus at /api/v2/alerts and from Alertmanager's webhook (version 4).",
    settings=(
        ConnectorSetting(
            name="TOCSIN_ALERTMANAGER_OPEN",
            hint="`loopback` lets a Prometheus on this machine in without an ingest token.",
        ),
        ConnectorSetting(
            name="TOCSIN_ALERTMANAGER_URLS",
            hint="For example prod=https://alertmanager.example.org, for webhooks that max_alerts cuts.",
        ),
    ),
    inbound=(
        "tocsin.connectors.alertmanager.inbound:read_api_alerts",
        "tocsin.connectors.alertmanager.inbound:read_webhook",
    ),
)
