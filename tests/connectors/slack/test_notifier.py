"""A group reaches Slack in the shape that Alertmanager used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from group_notifications import captured, captured_group, firing, integration, resolved
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.slack.notifier import SlackNotifier, build_notifier, message_of
from tocsin.domain.clock import SystemClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

NOTIFIER = SlackNotifier(Outbound(time_limit_s=20))


def test_the_message_is_alertmanagers_own(shared: Path) -> None:
    told = captured(shared, "alertmanager_slack")["body"]
    attachment = told["attachments"][0]
    settings = {
        "channel": told["channel"],
        "username": told["username"],
        **{name: attachment[name] for name in ("title", "title_link", "text", "fallback", "color")},
        "fields": attachment["fields"],
        "actions": attachment["actions"],
        "pretext": "",
        "footer": "",
    }
    assert message_of(captured_group(shared), settings) == told


def test_a_webhook_is_told_once(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b"ok")
    told = integration("slack", api_url=f"{partner.url}services/secret", channel="#ops", short_fields=True)
    assert NOTIFIER.notify(firing(), told).answer == "ok"
    sent = json.loads(partner.received[0].body)
    assert (partner.received[0].path, sent["channel"]) == ("/services/secret", "#ops")
    assert sent["attachments"][0]["title"] == "[FIRING:2] AuthFailureSpike lab (critical)"
    assert sent["attachments"][0]["color"] == "danger"


def test_what_ended_is_shown_in_green_and_a_field_takes_the_width_of_all() -> None:
    made = message_of(
        resolved(firing()),
        {"short_fields": True, "link_names": True, "fields": ({"title": "a", "value": "b"},)},
    )
    assert (made["link_names"], made["attachments"][0]["color"]) == (True, "good")
    assert made["attachments"][0]["fields"] == [{"short": True, "title": "a", "value": "b"}]


def test_the_web_api_is_told_with_the_token_of_the_http_config(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b'{"ok":true,"channel":"C0","ts":"1.2"}')
    told = integration(
        "slack",
        api_url=f"{partner.url}api/chat.postMessage",
        http_config={"authorization": {"type": "Bearer", "credentials": "xoxb-secret"}},
    )
    assert NOTIFIER.notify(firing(), told).reference == "C0:1.2"
    assert partner.received[0].headers["authorization"] == "Bearer xoxb-secret"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"ok":false,"error":"channel_not_found"}', FailureKind.MISCONFIGURED),
        (200, b'{"ok":false,"error":"ratelimited"}', FailureKind.RETRY_LATER),
        (200, b"<html>", FailureKind.UNKNOWN),
        (200, b"[]", FailureKind.UNKNOWN),
        (404, b"no_service", FailureKind.MISCONFIGURED),
        (500, b"", FailureKind.RETRY_LATER),
    ],
)
def test_an_answer_has_its_kind_and_the_address_is_not_told(
    partner: Any, status: int, body: bytes, kind: FailureKind
) -> None:
    partner.reply = lambda got: (status, {}, body)
    with pytest.raises(DeliveryFailed) as failed:
        NOTIFIER.notify(firing(), integration("slack", api_url=f"{partner.url}services/secret"))
    assert (failed.value.kind, failed.value.status) == (kind, status)
    assert "services" not in failed.value.reason


def test_without_an_address_it_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        build_notifier(SystemClock()).notify(firing(), integration("slack"))
    assert failed.value.kind is FailureKind.MISCONFIGURED
