"""Slack's answers, most of them errors with status 200, are each understood as what they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.channel import SlackChannel
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

MESSAGE = Message(
    key="page:7c1f",
    subject="P1 Critical: login failures",
    text="61 failures",
    link="https://tocsin.example/p/1",
    severity="P1",
    incident="INC-1",
    is_page=True,
)


def channel(slack: Any, token: str = "") -> SlackChannel:
    return SlackChannel(Secret(token or slack.token), slack.url)


def failed(slack: Any, address: str = "C0INCIDENTS", token: str = "") -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        channel(slack, token).send(MESSAGE, address)
    return raised.value


def test_the_pretend_slack_treats_slacks_own_client_as_slack_would(slack: Any) -> None:
    client = WebClient(token=slack.token, base_url=slack.url)
    assert client.chat_postMessage(channel="C0INCIDENTS", text="hello")["ok"] is True
    blocks = [{"type": "header", "text": "R1's template has a string here"}]
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        client.chat_postMessage(channel="C0INCIDENTS", text="hello", blocks=blocks)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_postMessage(channel="#incidents", text="hello")
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient(token="xoxb-eve", base_url=slack.url).chat_postMessage(channel="C0INCIDENTS", text="hello")


@pytest.mark.parametrize("address", ["C0INCIDENTS", "U0BEN"])
def test_a_message_reaches_a_channel_or_a_person_with_its_key(slack: Any, address: str) -> None:
    receipt = channel(slack).send(MESSAGE, address)
    assert receipt.answer == f"ts 1795207000.000001 in {address}"
    assert slack.messages[0]["metadata"]["event_payload"] == {"key": "page:7c1f"}
    assert slack.messages[0]["text"] == "P1 Critical: login failures"


@pytest.mark.parametrize("end", ["", "/"])
def test_the_base_address_may_end_with_a_slash_or_not(slack: Any, end: str) -> None:
    SlackChannel(Secret(slack.token), slack.url.rstrip("/") + end).send(MESSAGE, "C0INCIDENTS")
    assert slack.received[0].path == "/chat.postMessage"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        *(
            (code, FailureKind.RETRY_LATER)
            for code in ("ratelimited", "internal_error", "service_unavailable")
        ),
        *((code, FailureKind.MISCONFIGURED) for code in ("token_revoked", "not_in_channel", "is_archived")),
        *((code, FailureKind.REFUSED) for code in ("invalid_blocks", "msg_blocks_too_long", "no_text")),
        *((code, FailureKind.UNKNOWN) for code in ("a_new_code", "  ")),
    ],
)
def test_an_error_with_status_200_has_its_kind(slack: Any, error: str, kind: FailureKind) -> None:
    slack.error = error
    assert failed(slack).kind is kind


def test_a_wrong_token_and_an_unknown_channel_are_misconfigured(slack: Any) -> None:
    wrong = failed(slack, token="xoxb-wrong")
    assert (wrong.kind, wrong.reason) == (FailureKind.MISCONFIGURED, "Slack refused: invalid_auth")
    assert failed(slack, address="C0NOWHERE").kind is FailureKind.MISCONFIGURED


def test_too_many_messages_wait_as_long_as_slack_wishes(slack: Any) -> None:
    slack.reply = lambda got: (429, {"Retry-After": "17"}, b'{"ok":false,"error":"ratelimited"}')
    late = failed(slack)
    assert (late.kind, late.retry_after_s) == (FailureKind.RETRY_LATER, 17.0)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_slack_is_tried_again_later(slack: Any, status: int) -> None:
    slack.reply = lambda got: (status, {}, b"<html>")
    assert failed(slack).kind is FailureKind.RETRY_LATER


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"<html>captive portal</html>", b"[]", b"{}", b'{"ok":"yes"}', b'{"ok":']
)
def test_an_answer_that_is_not_slacks_is_unknown(slack: Any, body: bytes) -> None:
    slack.reply = lambda got: (200, {}, body)
    assert failed(slack).kind is FailureKind.UNKNOWN


def test_an_answer_that_repeats_a_long_message_is_still_understood(slack: Any) -> None:
    echo = json.dumps({"ok": True, "ts": "1.2", "channel": "C0", "message": "\u05d0" * 40_000}).encode()
    slack.reply = lambda got: (200, {}, echo)
    assert len(echo) > 200_000
    assert channel(slack).send(MESSAGE, "C0").answer == "ts 1.2 in C0"


def test_an_answer_without_end_is_cut_and_unknown(slack: Any) -> None:
    slack.reply = lambda got: (200, {}, b'{"ok":true,"x":"' + b"x" * 3_000_000)
    assert failed(slack).kind is FailureKind.UNKNOWN


def test_a_token_with_a_line_break_is_misconfigured_and_not_told(slack: Any) -> None:
    wrong = failed(slack, token="xoxb-secret\nX-Evil: 1")
    assert (wrong.kind, "secret" in wrong.reason.replace("secret holds", "")) == (
        FailureKind.MISCONFIGURED,
        False,
    )


def test_the_client_given_is_the_client_used(slack: Any) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        SlackChannel(Secret(slack.token), slack.url, Outbound(allow_private=False)).send(
            MESSAGE, "C0INCIDENTS"
        )
    assert refused.value.kind is FailureKind.MISCONFIGURED
