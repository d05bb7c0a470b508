"""Alertmanager's webhook, version 4, as its receivers know it: one POST of JSON for a group of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import failure_of, shown
from tocsin.domain.alert import Alert
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import Receipt

VERSION = "4"
UNSET = "0001-01-01T00:00:00Z"
"""Go's zero time: an alert that fires has no end."""

KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class WebhookNotifier:
    """Posts notifications. Each carries its key in a header, which is the same when it is sent again."""

    outbound: Outbound | None = field(default=None)

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Post once. Any 2xx is success. Raises `DeliveryFailed`."""
        http_config: Mapping[str, Any] = integration.settings.get("http_config") or {}
        address = secret_in(integration.settings, "url").reveal()
        url, credentials = _apart(address)
        headers = {
            **headers_of({**credentials, **http_config}),
            "Content-Type": "application/json",
            KEY_HEADER: notification.key,
        }
        outbound = self.outbound or outbound_of(http_config)
        answer = outbound.post(url, content=body_of(notification), headers=headers)
        secrets = [Secret(text) for text in (address, headers.get("Authorization", "")) if text]
        return _receipt(answer, *secrets)


def build_notifier(clock: Clock) -> WebhookNotifier:
    """Return the notifier of `webhook_configs`; the time is in what it is given."""
    return WebhookNotifier()


def body_of(notification: Notification) -> bytes:
    """Return the body, the same bytes for the same notification."""
    at = notification.at
    return orjson.dumps(
        {
            "receiver": notification.receiver,
            "status": "firing" if notification.is_firing else "resolved",
            "alerts": [_alert(alert, at) for alert in notification.alerts],
            "groupLabels": dict(notification.group_labels),
            "commonLabels": dict(notification.common_labels),
            "commonAnnotations": dict(notification.common_annotations),
            "externalURL": notification.external_url,
            "version": VERSION,
            "groupKey": notification.group_key,
            "truncatedAlerts": notification.truncated,
        }
    )


def go_time(at: datetime) -> str:
    """Write an instant as Go does: RFC 3339 in UTC with as many digits of the second as it has."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _alert(alert: Alert, at: datetime) -> dict[str, Any]:
    is_over = alert.is_resolved(at)
    return {
        "status": "resolved" if is_over else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": go_time(alert.starts_at),
        "endsAt": go_time(alert.ends_at) if is_over else UNSET,
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _apart(address: str) -> tuple[str, Mapping[str, Any]]:
    """Take a user name and password out of an address, for the header that carries them."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, {}
    host = parts.netloc.rpartition("@")[2]
    basic = {"username": parts.username or "", "password": parts.password or ""}
    return urlunsplit(parts._replace(netloc=host)), {"basic_auth": basic}


def _receipt(answer: Answer, *secrets: Secret) -> Receipt:
    if not 200 <= answer.status < 300:
        raise failure_of(answer, "the webhook", *secrets)
    return Receipt(f"{answer.status} {shown(answer, *secrets)}".strip())
