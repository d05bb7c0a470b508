"""Receivers of an imported file hear what Alertmanager would have told them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nouns import NOON, an_alert, later
from tocsin.connectors.instant import instant_of
from tocsin.connectors.outbound import Answer
from tocsin.connectors.webhook.notifier import WebhookNotifier, body_of, build_notifier, go_time
from tocsin.domain.alert import Alert
from tocsin.domain.clock import SystemClock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

NAMES = ("firing", "partial_resolve", "resolved", "truncated")


class Receiver:
    """A pretended receiver in the place of the client."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[tuple[str, bytes, dict[str, str]]] = []

    def post(self, url: str, *, content: bytes, headers: Any) -> Answer:
        self.requests.append((url, content, dict(headers)))
        return Answer(self.status, {}, b"hello")


def an_integration(**settings: Any) -> Integration:
    given = {"url": "http://hooks.example/x", "max_alerts": 0, "http_config": {}, **settings}
    return Integration(receiver="all", kind="webhook", number=0, send_resolved=True, settings=given)


def a_notification(**given: Any) -> Notification:
    return Notification(
        **{
            "key": "notify:1",
            "group_key": "{}:{}",
            "receiver": "all",
            "at": NOON,
            "alerts": (an_alert(),),
            "group_labels": {},
            "external_url": "https://tocsin.example",
            **given,
        }
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_body_is_the_one_that_alertmanager_was_seen_to_send(shared, name):
    seen = json.loads((shared / "captures" / f"alertmanager_webhook_v4_{name}.json").read_text())["body"]
    at = max(_instants(seen)) + timedelta(seconds=1)
    notification = a_notification(
        group_key=seen["groupKey"],
        receiver=seen["receiver"],
        at=at,
        alerts=tuple(_alert(each, at) for each in seen["alerts"]),
        group_labels=seen["groupLabels"],
        external_url=seen["externalURL"],
        truncated=seen["truncatedAlerts"],
    )
    assert json.loads(body_of(notification)) == seen


def _instants(seen: Any) -> list[datetime]:
    return [instant_of(each[name]) for each in seen["alerts"] for name in ("startsAt", "endsAt")]


def _alert(seen: Any, at: datetime) -> Alert:
    fires = seen["status"] == "firing"
    return an_alert(
        fingerprint=seen["fingerprint"],
        labels=seen["labels"],
        annotations=seen["annotations"],
        starts_at=instant_of(seen["startsAt"]),
        ends_at=at + timedelta(hours=1) if fires else instant_of(seen["endsAt"]),
        generator_url=seen["generatorURL"],
    )


def test_a_time_is_written_as_go_writes_it():
    assert go_time(datetime(2026, 3, 1, 12, 0, 0, 120_000, tzinfo=UTC)) == "2026-03-01T12:00:00.12Z"
    assert go_time(NOON) == "2026-03-01T12:00:00Z"


def test_a_repeat_carries_the_same_key_and_bytes():
    receiver = Receiver()
    notifier = WebhookNotifier(receiver)
    for _ in range(2):
        receipt = notifier.notify(a_notification(), an_integration())
    first, second = receiver.requests
    assert first == second
    assert first[2]["Idempotency-Key"] == "notify:1"
    assert receipt.answer == "200 hello"


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({"http_config": {"basic_auth": {"username": "ada", "password": "s3cret"}}}, "Basic"),
        ({"http_config": {"authorization": {"type": "Bearer", "credentials": "tok"}}}, "Bearer tok"),
        ({"url": "http://ada:s3cret@hooks.example/x"}, "Basic"),
    ],
)
def test_who_we_are_is_told_as_the_file_says(settings, header):
    receiver = Receiver()
    WebhookNotifier(receiver).notify(a_notification(), an_integration(**settings))
    url, _, headers = receiver.requests[0]
    shown = f"Basic {base64.b64encode(b'ada:s3cret').decode()}" if header == "Basic" else header
    assert headers["Authorization"] == shown
    assert url == "http://hooks.example/x"


def test_an_address_can_lie_in_a_file(tmp_path):
    (tmp_path / "url").write_text("http://hooks.example/y\n")
    receiver = Receiver()
    settings = {"url": "", "url_file": str(tmp_path / "url")}
    WebhookNotifier(receiver).notify(a_notification(), an_integration(**settings))
    assert receiver.requests[0][0] == "http://hooks.example/y"


@pytest.mark.parametrize(("status", "kind"), [(500, FailureKind.RETRY_LATER), (400, FailureKind.REFUSED)])
def test_an_answer_that_is_no_success_is_a_failure_with_its_status(status, kind):
    with pytest.raises(DeliveryFailed) as failed:
        WebhookNotifier(Receiver(status)).notify(a_notification(), an_integration())
    assert (failed.value.kind, failed.value.status) == (kind, status)


def test_a_group_of_which_all_is_over_is_resolved():
    over = replace(an_alert(), ends_at=later(-1))
    assert json.loads(body_of(a_notification(alerts=(over,))))["status"] == "resolved"


def test_an_address_that_is_none_is_misconfigured():
    with pytest.raises(DeliveryFailed) as failed:
        build_notifier(SystemClock()).notify(a_notification(), an_integration(url="nonsense"))
    assert failed.value.kind is FailureKind.MISCONFIGURED
