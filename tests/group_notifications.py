"""Notifications and rendered settings for the tests of what tells receivers of an `alertmanager.yml`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin.domain.alert import Alert
from tocsin.domain.notification import Integration, Notification

NOON = datetime(2026, 11, 20, 20, 44, 30, tzinfo=UTC)
GROUP_KEY = '{}:{alertname="AuthFailureSpike", cluster="lab"}'


def captured(shared: Path, name: str) -> Any:
    """Return what a real program sent."""
    return json.loads((shared / "captures" / f"{name}.json").read_text(encoding="utf-8"))


def captured_group(shared: Path) -> Notification:
    """Return the group of which Alertmanager told in the captures, as our own notification."""
    body = captured(shared, "alertmanager_webhook_v4_firing")["body"]
    alerts = tuple(
        alert(each["labels"], each["annotations"], each["generatorURL"], each["fingerprint"])
        for each in body["alerts"]
    )
    return replace(
        firing(), alerts=alerts, group_labels=body["groupLabels"], external_url=body["externalURL"]
    )


def alert(
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    url: str = "http://prom.lab.example/graph",
    fingerprint: str = "b54ec2cda3416525",
) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        source="prometheus",
        labels=labels,
        annotations=annotations,
        starts_at=NOON - timedelta(minutes=1),
        ends_at=NOON + timedelta(minutes=4),
        updated_at=NOON,
        generator_url=url,
    )


def firing() -> Notification:
    labels = {"alertname": "AuthFailureSpike", "cluster": "lab"}
    return Notification(
        key="group:1",
        group_key=GROUP_KEY,
        receiver="all",
        at=NOON,
        alerts=(
            alert({**labels, "severity": "critical", "node": "a"}, {"summary": "Auth failures"}),
            alert({**labels, "severity": "critical", "node": "b"}, {"summary": "Auth failures"}),
        ),
        group_labels=labels,
        external_url="http://am.lab.example:9093",
    )


def resolved(notification: Notification) -> Notification:
    """Return the same group after its alerts have ended."""
    ended = tuple(replace(each, ends_at=notification.at) for each in notification.alerts)
    return replace(notification, key=f"{notification.key}:resolved", alerts=ended)


def integration(kind: str, **settings: Any) -> Integration:
    return Integration(receiver="all", kind=kind, number=0, send_resolved=True, settings=settings)
