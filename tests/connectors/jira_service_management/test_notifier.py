"""A group that went to Opsgenie is one alert of Jira Service Management, in the shape Alertmanager used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from group_notifications import captured, captured_group, firing, integration, resolved
from tocsin.connectors.jira_service_management.notifier import (
    OpsgenieNotifier,
    alert_of,
    alerts_url,
    build_notifier,
)
from tocsin.connectors.outbound import Outbound
from tocsin.domain.clock import SystemClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

NOTIFIER = OpsgenieNotifier(Outbound(time_limit_s=20))
JSM = "https://api.atlassian.com/jsm/ops/integration/v2/alerts"


def settings_of(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "message": told["message"],
        "description": told["description"],
        "source": told["source"],
        "responders": tuple(told["responders"]),
        "tags": ",".join(told["tags"]),
        "priority": told["priority"],
        "entity": "",
        "details": {},
    }


def test_the_alert_is_alertmanagers_own(shared: Path) -> None:
    told = captured(shared, "alertmanager_opsgenie_create")["body"]
    assert alert_of(captured_group(shared), settings_of(told)) == told


def test_the_requests_are_alertmanagers_own(partner: Any, shared: Path) -> None:
    partner.reply = lambda got: (202, {}, b'{"requestId":"4c1f-1"}')
    names = ("create", "update_message", "update_description", "close")
    told = [captured(shared, f"alertmanager_opsgenie_{name}") for name in names]
    sending = integration(
        "opsgenie",
        api_key="OPSGENIE-TEST-KEY",
        api_url=f"{partner.url}opsgenie/",
        update_alerts=True,
        **settings_of(told[0]["body"]),
    )
    NOTIFIER.notify(captured_group(shared), sending)
    NOTIFIER.notify(resolved(captured_group(shared)), sending)
    assert [(got.method, got.path, json.loads(got.body)) for got in partner.received] == [
        (each["method"], each["path"], each["body"]) for each in told
    ]
    assert partner.received[0].headers["authorization"] == told[0]["headers"]["Authorization"]


def test_a_group_begins_and_ends_one_alert(service_management: Any) -> None:
    told = integration(
        "opsgenie", api_key=service_management.key, api_url=f"{service_management.url}integration/"
    )
    for notification in (firing(), firing(), resolved(firing())):
        NOTIFIER.notify(notification, told)
    assert (list(service_management.states.values()), list(service_management.counts.values())) == (
        ["closed"],
        [2],
    )


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://api.opsgenie.com/", JSM),
        ("https://api.eu.opsgenie.com/", JSM),
        ("", JSM),
        ("https://proxy.example/og/", "https://proxy.example/og/v2/alerts"),
        ("https://api.opsgenie.com.evil.example/", "https://api.opsgenie.com.evil.example/v2/alerts"),
    ],
)
def test_opsgenies_own_hosts_give_way(url: str, meant: str) -> None:
    assert alerts_url({"api_url": url}) == meant


def test_several_teams_may_stand_in_one_responder() -> None:
    made = alert_of(
        firing(), {"responders": ({"type": "teams", "name": "a, b"}, {"type": "user", "id": "7"})}
    )
    assert made["responders"] == [
        {"type": "team", "name": "a"},
        {"type": "team", "name": "b"},
        {"type": "user", "id": "7"},
    ]


@pytest.mark.parametrize(("priority", "is_kept"), [("P2", True), ("high", False), ("", False)])
def test_a_priority_that_is_none_is_left_to_the_partner(priority: str, is_kept: bool) -> None:
    assert ("priority" in alert_of(firing(), {"priority": priority})) is is_kept


def test_without_a_key_it_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        build_notifier(SystemClock()).notify(firing(), integration("opsgenie"))
    assert failed.value.kind is FailureKind.MISCONFIGURED
