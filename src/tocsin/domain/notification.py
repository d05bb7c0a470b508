"""A notification: what one integration of a receiver is told of a group of alerts, in Alertmanager's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.domain.alert import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One `*_configs` member of a receiver.

    `kind` is the key without `_configs` (`webhook`, `slack`, `pagerduty`, `email` ...), `number` its place
    among those of its kind, `settings` its keys as written, with the file's `global` defaults filled in.
    Secrets among the settings are plain text here and must not be shown or logged.
    """

    receiver: str
    kind: str
    number: int
    send_resolved: bool
    settings: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Return `webhook/0`: what tells it from its siblings."""
        return f"{self.kind}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationGroup:
    """Alerts of one route that have the same group labels, and when they are told next.

    `group_id` is the SHA-256 (hex) of the route's path and the labels, `group_key` Alertmanager's text for
    it. `route` is the route's path in the tree (`0` the root, `0/2/1`).
    """

    group_id: str
    group_key: str
    route: str
    receiver: str
    labels: Mapping[str, str]
    created_at: datetime
    flush_at: datetime
    flushed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """What an integration was last told of a group: fingerprints that fired and that were resolved."""

    group_id: str
    receiver: str
    integration: str
    firing: tuple[str, ...]
    resolved: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is to be told now. `key` is the idempotency key, the same over retries.

    `alerts` are as they were at the flush; one whose `ends_at` is later than `at` fires. `truncated` is how
    many were left out by the integration's `max_alerts`.
    """

    key: str
    group_key: str
    receiver: str
    at: datetime
    alerts: tuple[Alert, ...]
    group_labels: Mapping[str, str]
    external_url: str
    truncated: int = 0

    @property
    def is_firing(self) -> bool:
        """Say whether any alert of it fires."""
        return any(not alert.is_resolved(self.at) for alert in self.alerts)

    @property
    def common_labels(self) -> Mapping[str, str]:
        """Return the labels that all alerts share."""
        return _common([alert.labels for alert in self.alerts])

    @property
    def common_annotations(self) -> Mapping[str, str]:
        """Return the annotations that all alerts share."""
        return _common([alert.annotations for alert in self.alerts])


def _common(texts: list[Mapping[str, str]]) -> dict[str, str]:
    first, *others = texts or [{}]
    return {name: text for name, text in first.items() if all(each.get(name) == text for each in others)}
