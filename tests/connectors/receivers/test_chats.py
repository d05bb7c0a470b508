"""Each chat is told as Alertmanager told it, compared with what Alertmanager really sent where we have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from nouns import NOON, an_alert, later
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.receivers import chats
from tocsin.connectors.receivers.posting import PostingNotifier
from tocsin.domain.clock import PushedClock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

CLOCK = PushedClock(NOON)
FIRING = Notification(
    key="n1",
    group_key='{}:{alertname="DiskFull"}',
    receiver="ops",
    at=NOON,
    alerts=(an_alert(),),
    group_labels={"alertname": "DiskFull"},
    external_url="https://tocsin.example",
)
RESOLVED = replace(FIRING, at=later(1000))
KINDS: dict[str, Callable[[PushedClock], PostingNotifier]] = {
    "discord": chats.discord,
    "pushover": chats.pushover,
    "telegram": chats.telegram,
    "victorops": chats.victorops,
    "webex": chats.webex,
}
GOOD = {
    "discord": (204, b""),
    "pushover": (200, b'{"status": 1, "request": "r1"}'),
    "telegram": (200, b'{"ok": true, "result": {"message_id": 7}}'),
    "victorops": (200, b'{"result": "success", "entity_id": "e1"}'),
    "webex": (200, b'{"id": "w1"}'),
}
SECRET = "a-very-secret-token"


def settings_of(kind: str, url: str) -> dict[str, Any]:
    return {
        "discord": {"webhook_url": f"{url}api/webhooks/1/{SECRET}", "title": "T", "message": "M"},
        "pushover": {"api_url": url, "token": SECRET, "user_key": "u", "title": "T", "message": "M"},
        "telegram": {
            "api_url": url,
            "bot_token": f"12:{SECRET}",
            "chat_id": -5,
            "message": "M",
            "parse_mode": "HTML",
        },
        "victorops": {
            "api_url": f"{url}v/",
            "api_key": SECRET,
            "routing_key": "sec ops",
            "state_message": "M",
        },
        "webex": {
            "api_url": url,
            "room_id": "R1",
            "message": "M",
            "http_config": {"authorization": {"credentials": SECRET}},
        },
    }[kind]


def tell(kind: str, partner: Any, notification: Notification = FIRING, **changes: Any) -> Any:
    settings = {**settings_of(kind, partner.url), **changes}
    told = Integration(receiver="ops", kind=kind, number=0, send_resolved=True, settings=settings)
    return replace(KINDS[kind](CLOCK), outbound=Outbound(time_limit_s=20)).notify(notification, told)


def failure(kind: str, partner: Any, **changes: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        tell(kind, partner, **changes)
    return failed.value


def answering(partner: Any, kind: str) -> None:
    status, body = GOOD[kind]
    partner.reply = lambda got: (status, {}, body)


def sent(partner: Any) -> Any:
    return json.loads(partner.received[-1].body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_success_is_a_receipt(kind: str, partner: Any) -> None:
    answering(partner, kind)
    assert tell(kind, partner).answer.startswith("20")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, FailureKind.RETRY_LATER),
        (500, FailureKind.RETRY_LATER),
        (401, FailureKind.MISCONFIGURED),
        (400, FailureKind.REFUSED),
    ],
)
def test_failures_are_sorted_and_tell_no_secret(
    kind: str, partner: Any, status: int, expected: FailureKind
) -> None:
    partner.reply = lambda got: (status, {}, f"no: {SECRET}".encode())
    failed = failure(kind, partner)
    assert (failed.kind, failed.status) == (expected, status)
    assert SECRET not in failed.reason


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "discord"])
def test_what_is_not_the_partners_json_is_an_error_and_no_crash(kind: str, partner: Any) -> None:
    for body in (b"<html>", b"[]", b"null", b'{"result": 5, "status": 0, "ok": true, "id": 7}'):
        partner.reply = lambda got, body=body: (200, {}, body)
        if kind != "victorops" or body.startswith(b"{"):
            assert failure(kind, partner).kind is FailureKind.UNKNOWN


def test_telegrams_answer_without_a_result_ends_nothing(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b'{"ok": true}')
    assert "no result" in failure("telegram", partner).reason
    partner.reply = lambda got: (200, {}, b'{"ok": false, "description": "chat not found"}')
    assert "chat not found" in failure("telegram", partner).reason


def test_discord_gets_what_alertmanager_sent(partner: Any, shared: Path) -> None:
    captured = json.loads((shared / "captures" / "alertmanager_discord.json").read_text())["body"]
    (embed,) = captured["embeds"]
    answering(partner, "discord")
    tell("discord", partner, title=embed["title"], message=embed["description"])
    assert sent(partner) == captured
    tell("discord", partner, RESOLVED, content="@here", username="AM")
    assert (sent(partner)["embeds"][0]["color"], sent(partner)["content"]) == (0x2ECC71, "@here")
    assert sent(partner)["username"] == "AM"


def test_victorops_gets_what_alertmanager_sent(partner: Any, shared: Path) -> None:
    captured = json.loads((shared / "captures" / "alertmanager_victorops.json").read_text())["body"]
    answering(partner, "victorops")
    texts = {name: captured[name] for name in ("entity_display_name", "state_message", "monitoring_tool")}
    tell("victorops", partner, **texts)
    assert {**sent(partner), "entity_id": captured["entity_id"]} == captured
    assert len(sent(partner)["entity_id"]) == 64
    assert partner.received[-1].path == f"/v/{SECRET}/sec%20ops"


@pytest.mark.parametrize(
    ("given", "notification", "kind"),
    [
        ("warning", FIRING, "WARNING"),
        ("nonsense", FIRING, "CRITICAL"),
        ("info", RESOLVED, "RECOVERY"),
    ],
)
def test_victorops_is_told_how_bad_it_is(
    partner: Any, given: str, notification: Notification, kind: str
) -> None:
    answering(partner, "victorops")
    tell(
        "victorops",
        partner,
        notification,
        message_type=given,
        custom_fields={"team": "ops", "entity_id": "x"},
    )
    assert (sent(partner)["message_type"], sent(partner)["team"]) == (kind, "ops")
    assert sent(partner)["entity_id"] != "x"


def test_pushover_gets_a_form(partner: Any) -> None:
    answering(partner, "pushover")
    tell("pushover", partner, retry=timedelta(minutes=2), expire="2h", html=True, ttl="1d", message="")
    form = {name: texts[0] for name, texts in parse_qs(partner.received[0].body.decode()).items()}
    assert form == {
        "token": SECRET,
        "user": "u",
        "title": "T",
        "message": "(no details)",
        "priority": "2",
        "retry": "120",
        "expire": "7200",
        "timestamp": str(int(NOON.timestamp())),
        "html": "1",
        "ttl": "86400",
    }
    tell("pushover", partner, RESOLVED, retry="soon")
    again = parse_qs(partner.received[1].body.decode())
    assert (again["priority"], again["retry"], again["expire"]) == (["0"], ["60"], ["3600"])


def test_telegram_is_told_where_and_how(partner: Any) -> None:
    answering(partner, "telegram")
    assert tell("telegram", partner, disable_notifications=True, message_thread_id=9).reference == "7"
    assert partner.received[0].path == f"/bot12:{SECRET}/sendMessage"
    assert sent(partner) == {
        "chat_id": -5,
        "text": "M",
        "parse_mode": "HTML",
        "disable_notification": True,
        "message_thread_id": 9,
    }
    tell("telegram", partner, parse_mode="")
    assert "parse_mode" not in sent(partner)


def test_webex_is_told_by_its_room_under_our_name(partner: Any) -> None:
    answering(partner, "webex")
    tell("webex", partner, message="x" * 9000)
    assert sent(partner)["roomId"] == "R1"
    assert len(sent(partner)["markdown"]) == 7439
    assert partner.received[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("kind", "name"), [("telegram", "chat_id"), ("victorops", "routing_key"), ("webex", "room_id")]
)
def test_what_lacks_its_address_is_misconfigured(kind: str, name: str, partner: Any) -> None:
    assert name in failure(kind, partner, **{name: None}).reason
    assert partner.received == []
