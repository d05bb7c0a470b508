"""Tells `opsgenie_configs` of an imported `alertmanager.yml` through Jira Service Management."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.jira_service_management.alert import (
    LONGEST_DESCRIPTION,
    LONGEST_ENTITY,
    LONGEST_MESSAGE,
    PRIORITIES,
    tags_of,
)
from tocsin.connectors.jira_service_management.alerts_api import CLOSE, OPS_URL, IntegrationAlerts
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rendered import (
    group_digest,
    mapping_in,
    rows_in,
    shortened,
    subject_of,
    text_in,
    texts_in,
)
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

LONGEST_SOURCE = 100
_OPSGENIE = re.compile(r"api(\.eu)?\.opsgenie\.com")
"""The hosts whose API ends in April 2027; an address elsewhere is a proxy or speaks the same and is kept."""

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpsgenieNotifier:
    """Makes and closes one alert a group, with the Opsgenie integration's key, which migrates with it."""

    outbound: Outbound | None = None

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Make (and change, with `update_alerts`) or close the alert. Raises `DeliveryFailed`."""
        settings = integration.settings
        key = secret_in(settings, "api_key")
        if not key:
            raise DeliveryFailed(FailureKind.MISCONFIGURED, "the opsgenie integration has no api_key")
        http_config = settings.get("http_config") or {}
        headers_of(http_config)
        with (self.outbound or outbound_of(http_config)).together() as together:
            return _told(IntegrationAlerts(key, alerts_url(settings), together), notification, settings)


def _told(alerts: IntegrationAlerts, notification: Notification, settings: Settings) -> Receipt:
    alert = alert_of(notification, settings)
    if not notification.is_firing:
        return alerts.act(CLOSE, alert["alias"], "", source=alert["source"])
    receipt = alerts.create(alert)
    if settings.get("update_alerts"):
        alerts.change("message", alert["alias"], alert["message"])
        if alert.get("description"):
            alerts.change("description", alert["alias"], alert["description"])
    return receipt


def build_notifier(clock: Clock) -> OpsgenieNotifier:
    """Return the notifier of `opsgenie_configs`; the time is in what it is given."""
    return OpsgenieNotifier()


def alerts_url(settings: Settings) -> str:
    """Return where the alerts are kept now: Opsgenie's own hosts give way to Jira Service Management."""
    url = text_in(settings, "api_url")
    host = urlsplit(url).hostname or ""
    if not url or _OPSGENIE.fullmatch(host):
        return f"{OPS_URL}integration/v2/alerts"
    return f"{url.rstrip('/')}/v2/alerts"


def alert_of(notification: Notification, settings: Settings) -> dict[str, Any]:
    """Return the alert, shaped as Alertmanager's own; what is empty is left out."""
    priority = text_in(settings, "priority")
    alert: dict[str, Any] = {
        "alias": group_digest(notification),
        "message": shortened(text_in(settings, "message", subject_of(notification)), LONGEST_MESSAGE),
        "description": shortened(text_in(settings, "description"), LONGEST_DESCRIPTION),
        "details": {**notification.common_labels, **mapping_in(settings, "details")},
        "source": shortened(text_in(settings, "source", "Tocsin"), LONGEST_SOURCE),
        "responders": _responders(settings),
        "tags": tags_of(list(texts_in(settings, "tags"))),
        "note": text_in(settings, "note"),
        "priority": priority if priority in PRIORITIES else "",
        "entity": shortened(text_in(settings, "entity"), LONGEST_ENTITY),
        "actions": list(texts_in(settings, "actions")),
    }
    return {name: part for name, part in alert.items() if part}


def _responders(settings: Settings) -> list[dict[str, str]]:
    """Return the responders; `teams` is Alertmanager's short form of several teams with commas."""
    found: list[dict[str, str]] = []
    for row in rows_in(settings, "responders"):
        if row.get("type") == "teams":
            found += [{"type": "team", "name": name} for name in texts_in(row, "name")]
        else:
            found.append({name: str(part) for name, part in row.items()})
    return found
