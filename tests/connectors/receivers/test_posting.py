"""One POST, the headers of the file, and a verdict that is believed only as far as it can be read."""

from __future__ import annotations

from typing import Any

import pytest

from nouns import NOON, an_alert
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.receivers.posting import Post, PostingNotifier, demand
from tocsin.connectors.secret import Secret
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TOLD = Notification(
    key="n1",
    group_key="g",
    receiver="ops",
    at=NOON,
    alerts=(an_alert(),),
    group_labels={},
    external_url="https://tocsin.example",
)


def integration(**settings: Any) -> Integration:
    return Integration(receiver="ops", kind="x", number=0, send_resolved=True, settings=settings)


def notifier(partner: Any, **given: Any) -> PostingNotifier:
    def make(notification: Notification, settings: Any) -> Post:
        return Post(f"{partner.url}key", b"{}", {"X-Own": "1"}, (Secret("s3cret"),))

    return PostingNotifier("Lab", make, outbound=Outbound(time_limit_s=20), **given)


def test_the_files_own_headers_go_along(partner: Any) -> None:
    told = integration(http_config={"authorization": {"type": "Bearer", "credentials": "abc"}})
    assert notifier(partner).notify(TOLD, told).answer == "200"
    headers = partner.received[0].headers
    assert (headers["authorization"], headers["x-own"], headers["content-type"]) == (
        "Bearer abc",
        "1",
        "application/json",
    )


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"id": null}'])
def test_a_success_that_cannot_be_read_is_no_crash_but_a_failure(partner: Any, body: bytes) -> None:
    partner.reply = lambda got: (200, {}, body)
    with pytest.raises(DeliveryFailed, match="did not take it") as failed:
        notifier(partner, verdict=lambda told: told["id"].strip()).notify(TOLD, integration())
    assert (failed.value.kind, failed.value.status) == (FailureKind.UNKNOWN, 200)


def test_secrets_are_hidden_wherever_the_partner_repeats_them(partner: Any) -> None:
    partner.reply = lambda got: (400, {}, b"wrong: s3cret")
    with pytest.raises(DeliveryFailed) as failed:
        notifier(partner).notify(TOLD, integration())
    assert "s3cret" not in failed.value.reason
    partner.reply = lambda got: (200, {}, b'{"id": "s3cret"}')
    receipt = notifier(partner, verdict=lambda told: told["id"]).notify(TOLD, integration())
    assert "s3cret" not in receipt.answer + receipt.reference


def test_what_lacks_a_setting_is_misconfigured() -> None:
    demand({"a": "x"}, "a")
    with pytest.raises(DeliveryFailed, match="has no b and no c") as failed:
        demand({"a": "x", "b": ""}, "a", "b", "c")
    assert failed.value.kind is FailureKind.MISCONFIGURED
