"""Every answer of PagerDuty is looked at: only its own word success is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.connectors.pagerduty.events_api import EventsApi, is_routing_key
from tocsin.connectors.secret import Secret
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

EVENT = {"event_action": "resolve", "dedup_key": "ours"}
KEY = Secret("R0UTINGKEY000000000000000000000A")


def told(**words: Any) -> bytes:
    return json.dumps(
        {"status": "success", "message": "Event processed", "dedup_key": "ours"} | words
    ).encode()


def failed(partner: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        EventsApi(partner.url).enqueue(EVENT, KEY)
    return raised.value


@pytest.mark.parametrize("end", ["", "/"])
def test_an_event_goes_to_the_door_with_its_key_inside(partner: Any, end: str) -> None:
    partner.reply = lambda got: (202, {}, told())
    url = partner.url.rstrip("/") + end
    assert EventsApi(url).enqueue(EVENT, KEY) == Receipt("202 Event processed", "ours")
    sent = partner.received[0]
    assert (sent.path, json.loads(sent.body)) == ("/v2/enqueue", EVENT | {"routing_key": KEY.reveal()})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"status":"invalid event","errors":["summary"]}', FailureKind.REFUSED),
        (400, b'{"status":"invalid event","errors":["Invalid routing key"]}', FailureKind.MISCONFIGURED),
        (403, b"forbidden", FailureKind.MISCONFIGURED),
        (413, b"too large", FailureKind.REFUSED),
        (500, b"", FailureKind.RETRY_LATER),
        (503, b"", FailureKind.RETRY_LATER),
        (200, b"<html>captive portal</html>", FailureKind.UNKNOWN),
        (202, b"<html>", FailureKind.UNKNOWN),
        (202, b"[]", FailureKind.UNKNOWN),
        (202, b'{"status":"throttled"}', FailureKind.UNKNOWN),
        (202, told(dedup_key="another"), FailureKind.UNKNOWN),
    ],
)
def test_an_answer_has_its_kind(partner: Any, status: int, body: bytes, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {}, body)
    assert (failed(partner).kind, failed(partner).status) == (kind, status)


@pytest.mark.parametrize(("wish", "seconds"), [({}, 30.0), ({"Retry-After": "7"}, 7.0)])
def test_too_many_events_wait_as_told_or_as_advised(
    partner: Any, wish: dict[str, str], seconds: float
) -> None:
    partner.reply = lambda got: (429, wish, b"")
    assert (failed(partner).kind, failed(partner).retry_after_s) == (FailureKind.RETRY_LATER, seconds)


def test_a_routing_key_has_32_letters_and_digits() -> None:
    assert [is_routing_key(text) for text in (KEY.reveal(), "ops", KEY.reveal() + "x", "-" * 32)] == [
        True,
        False,
        False,
        False,
    ]
