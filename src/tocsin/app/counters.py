"""Counts what happens in this process, under the names that dashboards of Alertmanager know."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

import tocsin

VERSION = "v2"

REGISTRY = CollectorRegistry()
RECEIVED = Counter(
    "alertmanager_alerts_received", "Alerts received.", ["status", "version"], registry=REGISTRY
)
INVALID = Counter(
    "alertmanager_alerts_invalid", "Received alerts that were invalid.", ["version"], registry=REGISTRY
)
NOTIFICATIONS = Counter(
    "alertmanager_notifications", "Attempted notifications.", ["integration"], registry=REGISTRY
)
FAILED = Counter(
    "alertmanager_notifications_failed", "Failed notifications.", ["integration", "reason"], registry=REGISTRY
)
LATENCY = Histogram(
    "alertmanager_notification_latency_seconds",
    "How long an integration took to answer.",
    ["integration"],
    buckets=(0.05, 0.1, 0.5, 1, 5, 10, 15, 20),
    registry=REGISTRY,
)
RELOADED = Gauge(
    "alertmanager_config_last_reload_successful", "Whether the last reload went well.", registry=REGISTRY
)
RELOADED_AT = Gauge(
    "alertmanager_config_last_reload_success_timestamp_seconds",
    "When the configuration was last read well.",
    registry=REGISTRY,
)
BUILD = Gauge("alertmanager_build_info", "Which Tocsin this is.", ["version", "revision"], registry=REGISTRY)
BUILD.labels(tocsin.__version__, "").set(1)


def reloaded(*, well: bool) -> None:
    """Remember how the last reading of alertmanager.yml went."""
    RELOADED.set(int(well))
    if well:
        RELOADED_AT.set_to_current_time()


def received(firing: int, resolved: int, refused: int) -> None:
    """Count the alerts of one request."""
    RECEIVED.labels("firing", VERSION).inc(firing)
    RECEIVED.labels("resolved", VERSION).inc(resolved)
    INVALID.labels(VERSION).inc(refused)
