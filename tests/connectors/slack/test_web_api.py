"""Slack's answers, most of them errors with status 200, are each understood as what they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.web_api import WebApi
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

POST = {"channel": "C0INCIDENTS", "text": "hello"}


def api(slack: Any, token: str = "") -> WebApi:
    return WebApi(Secret(token or slack.token), slack.url)


def failed(slack: Any, token: str = "") -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        api(slack, token).call("chat.postMessage", POST)
    return raised.value


@pytest.mark.parametrize("end", ["", "/"])
def test_the_base_address_may_end_with_a_slash_or_not(slack: Any, end: str) -> None:
    WebApi(Secret(slack.token), slack.url.rstrip("/") + end).call("chat.postMessage", POST)
    assert slack.received[0].path == "/chat.postMessage"


def test_a_reading_method_is_asked_without_json(slack: Any) -> None:
    assert api(slack).read("conversations.history", channel="C0INCIDENTS")["messages"] == []
    asked = slack.received[0]
    assert (asked.method, asked.path) == ("GET", "/conversations.history?channel=C0INCIDENTS")


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
    assert (failed(slack).kind, failed(slack).status) == (kind, 200)


def test_a_wrong_token_is_misconfigured(slack: Any) -> None:
    wrong = failed(slack, token="xoxb-wrong")
    assert (wrong.kind, wrong.reason) == (FailureKind.MISCONFIGURED, "Slack refused: invalid_auth")


def test_too_many_messages_wait_as_long_as_slack_wishes(slack: Any) -> None:
    slack.reply = lambda got: (429, {"Retry-After": "17"}, b'{"ok":false,"error":"ratelimited"}')
    late = failed(slack)
    assert (late.kind, late.retry_after_s, late.status) == (FailureKind.RETRY_LATER, 17.0, 429)


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
    assert api(slack).call("chat.postMessage", POST)["ts"] == "1.2"


def test_an_answer_without_end_is_cut_and_unknown(slack: Any) -> None:
    slack.reply = lambda got: (200, {}, b'{"ok":true,"x":"' + b"x" * 3_000_000)
    assert failed(slack).kind is FailureKind.UNKNOWN


def test_a_word_of_an_answer_is_told_without_the_token(slack: Any) -> None:
    assert api(slack).shown(f"a\nb {slack.token}") == "a b ***"
