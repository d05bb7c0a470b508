"""Tells `pagerduty_configs` of an imported `alertmanager.yml`, under Alertmanager's own dedup keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.pagerduty.event import LONGEST_SUMMARY
from tocsin.connectors.pagerduty.events_api import EventsApi
from tocsin.connectors.rendered import group_digest, mapping_in, rows_in, shortened, subject_of, text_in
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import failure_of
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

ENQUEUE_URL = "https://events.pagerduty.com/v2/enqueue"
OLDER_URL = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
"""Where events of API v1 go: a `service_key` belongs to an integration of that one."""
LONGEST_OLDER_SUMMARY = 1024

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PagerDutyNotifier:
    """Begins and ends one alert a group. The same notification twice is one alert."""

    outbound: Outbound | None = None

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Send one event. Raises `DeliveryFailed`."""
        settings = integration.settings
        http_config = settings.get("http_config") or {}
        headers, outbound = headers_of(http_config), self.outbound or outbound_of(http_config)
        key = secret_in(settings, "routing_key")
        if not key:
            return _told_v1(notification, settings, headers, outbound)
        url = text_in(settings, "url", ENQUEUE_URL)
        return EventsApi(url, outbound, "", headers).enqueue(event_of(notification, settings), key)


def build_notifier(clock: Clock) -> PagerDutyNotifier:
    """Return the notifier of `pagerduty_configs`; the time is in what it is given."""
    return PagerDutyNotifier()


def event_of(notification: Notification, settings: Settings) -> dict[str, Any]:
    """Return the event without its routing key, shaped as Alertmanager's own."""
    client = text_in(settings, "client", "Tocsin")
    payload = {
        "summary": shortened(text_in(settings, "description", subject_of(notification)), LONGEST_SUMMARY),
        "source": text_in(settings, "source", client),
        "severity": text_in(settings, "severity", "error"),
        "custom_details": mapping_in(settings, "details"),
        **_present(settings, "class", "component", "group"),
    }
    images = [{"alt": "", "href": "", **one} for one in rows_in(settings, "images") if one.get("src")]
    links = [dict(one) for one in rows_in(settings, "links") if one.get("href")]
    return {
        "dedup_key": group_digest(notification),
        "event_action": "trigger" if notification.is_firing else "resolve",
        "payload": payload,
        "client": client,
        **_present(settings, "client_url"),
        **({"images": images} if images else {}),
        **({"links": links} if links else {}),
    }


def _present(settings: Settings, *names: str) -> dict[str, str]:
    return {name: text for name in names if (text := text_in(settings, name))}


def _told_v1(
    notification: Notification, settings: Settings, headers: Mapping[str, str], outbound: Outbound
) -> Receipt:
    """Send an event of API v1, which answers 200 with the word success."""
    key = secret_in(settings, "service_key")
    if not key:
        reason = "the pagerduty integration has neither a routing_key nor a service_key"
        raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
    event = event_of(notification, settings)
    body = {
        "service_key": key.reveal(),
        "incident_key": event["dedup_key"],
        "event_type": event["event_action"],
        "description": shortened(event["payload"]["summary"], LONGEST_OLDER_SUMMARY),
        "client": event["client"],
        "details": event["payload"]["custom_details"],
        **_present(settings, "client_url"),
    }
    url = text_in(settings, "url", OLDER_URL)
    sent = {**headers, "Content-Type": "application/json"}
    answer = outbound.post(OLDER_URL if url == ENQUEUE_URL else url, content=orjson.dumps(body), headers=sent)
    if answer.status != 200:
        raise failure_of(answer, "PagerDuty", Secret(key.reveal()))
    if b'"success"' not in answer.body:
        reason = "PagerDuty answered 200 without its word success"
        raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status)
    return Receipt("200 success", event["dedup_key"])
