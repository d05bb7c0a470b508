"""Makes the channel of Jira Service Management from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.jira_service_management.alerts_api import AccountAlerts, Alerts, IntegrationAlerts
from tocsin.connectors.jira_service_management.channel import ServiceManagementChannel
from tocsin.connectors.named import ONLY, named_secrets
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store

KEYS = "TOCSIN_JSM_KEYS"


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel; clock and store are not needed here. Raises `Misconfigured` for a wrong setting."""
    url = values["TOCSIN_JSM_URL"].rstrip("/")
    doors: dict[str, Alerts] = {
        name: IntegrationAlerts(key, f"{url}/integration/v2/alerts")
        for name, key in named_secrets(values[KEYS], KEYS).items()
    }
    if values["TOCSIN_JSM_TOKEN"]:
        doors.setdefault(ONLY, _account(values, url))
    return ServiceManagementChannel(doors)


def _account(values: Mapping[str, str], url: str) -> AccountAlerts:
    user, site = values["TOCSIN_JSM_USER"].strip(), values["TOCSIN_JSM_CLOUD_ID"].strip()
    if not user or not site.replace("-", "").isalnum():
        raise Misconfigured(
            "TOCSIN_JSM_TOKEN is set without TOCSIN_JSM_USER and TOCSIN_JSM_CLOUD_ID.",
            means="Tocsin does not start, because alerts for Jira Service Management would reach nobody.",
            next_step="Set the owner's mail address and the site's id (/_edge/tenant_info of the site).",
        )
    return AccountAlerts(user, Secret(values["TOCSIN_JSM_TOKEN"]), f"{url}/api/{site}")
