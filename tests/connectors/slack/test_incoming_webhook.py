"""A webhook's only success is `ok`, and its URL, which is its secret, is never told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.incoming_webhook import is_hook, post_to_hook
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind


def post(partner: Any) -> Any:
    return post_to_hook(Secret(f"{partner.url}services/secret"), {"text": "hello"}, Outbound(time_limit_s=20))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"invalid_payload", FailureKind.REFUSED),
        (403, b"action_prohibited", FailureKind.MISCONFIGURED),
        (404, b"no_service", FailureKind.MISCONFIGURED),
        (410, b"channel_is_archived", FailureKind.MISCONFIGURED),
        (429, b"rate_limited", FailureKind.RETRY_LATER),
        (500, b"rollup_error", FailureKind.RETRY_LATER),
        (200, b"<html>", FailureKind.UNKNOWN),
        (200, b"", FailureKind.UNKNOWN),
    ],
)
def test_an_answer_has_its_kind(partner: Any, status: int, body: bytes, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {}, body)
    with pytest.raises(DeliveryFailed) as failed:
        post(partner)
    assert (failed.value.kind, failed.value.status) == (kind, status)
    assert "services" not in failed.value.reason


def test_ok_is_a_receipt_without_a_reference(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b"ok\n")
    assert (post(partner).answer, post(partner).reference) == ("ok", "")
    assert partner.received[0].body == b'{"text":"hello"}'


def test_an_address_is_a_webhook_if_it_is_a_url() -> None:
    assert [is_hook(text) for text in ("https://hooks.slack.com/x", "C0INCIDENTS", "ops", "")] == [
        True,
        False,
        False,
        False,
    ]


def test_slacks_own_client_is_answered_as_we_are(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b"ok")
    answer = WebhookClient(f"{partner.url}services/secret").send(text="hello")
    assert (answer.status_code, answer.body) == (200, "ok")
    post(partner)
    theirs, ours = (json.loads(got.body) for got in partner.received)
    assert theirs == ours
