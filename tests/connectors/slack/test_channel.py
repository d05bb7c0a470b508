"""A message reaches Slack, is changed there as its incident goes on, and is looked for before a repeat."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_slack import FakeSlack
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from http_partner import replayed
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.channel import SlackChannel
from tocsin.connectors.slack.web_api import WebApi
from tocsin.domain.clock import PushedClock
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

START = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)
PAGE = Message(
    key="page:7c1f",
    subject="P1 Critical: login failures",
    text="61 failures",
    link="https://tocsin.example/p/1",
    severity="P1",
    incident="INC-1",
    is_page=True,
    page_id="7c1f",
)
NOTICE = replace(PAGE, key="notice:1", event="opened", is_page=False, page_id="")
FIRST = "C0INCIDENTS:1795207000.000001"


def channel(slack: Any, token: str = "", **how: Any) -> SlackChannel:
    return SlackChannel(WebApi(Secret(token or slack.token), slack.url), **how)


def failed(
    slack: Any, message: Message = PAGE, address: str = "C0INCIDENTS", token: str = ""
) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        channel(slack, token).send(message, address)
    return raised.value


def header(slack: Any, reference: str = FIRST) -> str:
    return str(slack.shown[reference]["blocks"][0]["text"]["text"])


def buttons(slack: Any, reference: str = FIRST) -> list[str]:
    return [element["action_id"] for element in slack.shown[reference]["blocks"][-1]["elements"]]


def test_the_pretend_slack_treats_slacks_own_client_as_slack_would(slack: Any) -> None:
    client = WebClient(token=slack.token, base_url=slack.url)
    mark = {"event_type": "lab", "event_payload": {"key": "k"}}
    ts = client.chat_postMessage(channel="C0INCIDENTS", text="hello", metadata=mark)["ts"]
    client.chat_update(channel="C0INCIDENTS", ts=ts, text="changed")
    client.chat_postMessage(channel="C0INCIDENTS", text="below", thread_ts=ts)
    direct = client.conversations_open(users=["U0BEN"])["channel"]["id"]
    client.chat_postMessage(channel="U0BEN", text="to a person")
    history = client.conversations_history(channel="C0INCIDENTS", include_all_metadata=True)["messages"]
    assert [(one["text"], one["metadata"]) for one in history] == [("changed", mark)]
    assert "metadata" not in client.conversations_history(channel="C0INCIDENTS")["messages"][0]
    replies = client.conversations_replies(channel="C0INCIDENTS", ts=ts)["messages"]
    assert [one["text"] for one in replies] == ["below", "changed"]
    assert client.conversations_history(channel=direct)["messages"][0]["text"] == "to a person"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ({"blocks": [{"type": "header", "text": "R1's template has a string here"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": "and here"}]}, "invalid_blocks"),
        ({"channel": "#incidents"}, "channel_not_found"),
        ({"thread_ts": "1.2"}, "thread_not_found"),
        (
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5},
            "msg_blocks_too_long",
        ),
    ],
)
def test_the_pretend_slack_refuses_what_slack_refuses(slack: Any, call: dict[str, Any], error: str) -> None:
    client = WebClient(token=slack.token, base_url=slack.url)
    with pytest.raises(SlackApiError, match=error):
        client.chat_postMessage(**({"channel": "C0INCIDENTS", "text": "hello"} | call))
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient(token="xoxb-eve", base_url=slack.url).chat_postMessage(channel="C0INCIDENTS", text="hello")
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel="C0INCIDENTS", ts="1.2", text="hello")


@pytest.mark.parametrize(("address", "where"), [("C0INCIDENTS", "C0INCIDENTS"), ("U0BEN", "D0BEN")])
def test_a_message_reaches_a_channel_or_a_person_with_its_key_and_page(
    slack: Any, address: str, where: str
) -> None:
    receipt = channel(slack).send(PAGE, address)
    assert receipt == Receipt(f"ts 1795207000.000001 in {where}", f"{where}:1795207000.000001")
    assert slack.messages[0]["metadata"]["event_payload"] == {
        "key": "page:7c1f",
        "page": "7c1f",
        "incident": "INC-1",
    }
    assert slack.messages[0]["text"] == "P1 Critical: login failures"


@pytest.mark.parametrize(
    ("event", "title", "left"),
    [
        ("acknowledged", "Acknowledged: P1 Critical: login failures", ["escalate", "note", "open"]),
        ("resolved", "Resolved: P1 Critical: login failures", ["open"]),
        ("changed", "P1 Critical: login failures", ["acknowledge", "escalate", "note", "open"]),
    ],
)
def test_a_later_message_changes_the_first_one_in_place(
    slack: Any, event: str, title: str, left: list[str]
) -> None:
    speaking = channel(slack, is_interactive=True)
    thread = speaking.send(PAGE, "C0INCIDENTS").reference
    assert buttons(slack) == ["acknowledge", "escalate", "note", "open"]
    later = speaking.send(replace(NOTICE, event=event, thread=thread), "C0INCIDENTS")
    assert later == Receipt("changed ts 1795207000.000001 in C0INCIDENTS", FIRST)
    assert (header(slack), buttons(slack), len(slack.messages)) == (title, left, 1)
    assert slack.shown[FIRST]["text"] == title


@pytest.mark.parametrize("event", ["page", "escalated", "unanswered", "unreached"])
def test_what_must_be_noticed_is_answered_below_and_shown_in_the_channel(slack: Any, event: str) -> None:
    thread = channel(slack).send(PAGE, "C0INCIDENTS").reference
    later = replace(PAGE, key="page:2", event=event, is_page=event == "page", thread=thread)
    receipt = channel(slack).send(later, "C0INCIDENTS")
    assert receipt == Receipt("answered below ts 1795207000.000001 in C0INCIDENTS", FIRST)
    below = slack.messages[1]
    assert (below["thread_ts"], below["reply_broadcast"]) == ("1795207000.000001", True)


@pytest.mark.parametrize("event", ["escalated", "unanswered"])
def test_a_persons_own_message_is_changed_in_place_and_rings_for_a_page_only(slack: Any, event: str) -> None:
    thread = channel(slack).send(PAGE, "U0BEN").reference
    later = replace(NOTICE, key="update:2", event=event, person="ben", thread=thread)
    assert channel(slack).send(later, "U0BEN").answer.startswith("changed ts")
    assert len(slack.messages) == 1
    again = replace(PAGE, key="page:2", thread=thread)
    assert channel(slack).send(again, "U0BEN").answer.startswith("answered below")


def test_a_message_that_is_gone_is_posted_anew(slack: Any) -> None:
    later = replace(NOTICE, event="resolved", thread="C0INCIDENTS:1.000001")
    assert channel(slack).send(later, "C0INCIDENTS").reference == FIRST
    assert header(slack) == "Resolved: P1 Critical: login failures"


@pytest.mark.parametrize("thread", ["", "OPS-7", "C0:x", "c0:1.2", "C0INCIDENTS:1.2 "])
def test_a_reference_that_is_not_slacks_is_no_thread(slack: Any, thread: str) -> None:
    channel(slack).send(replace(NOTICE, event="resolved", thread=thread), "C0INCIDENTS")
    assert [got.path for got in slack.received] == ["/chat.postMessage"]


def test_a_change_that_fails_for_another_reason_fails(slack: Any) -> None:
    slack.errors["chat.update"] = "internal_error"
    late = failed(slack, replace(NOTICE, event="resolved", thread=FIRST))
    assert (late.kind, len(slack.messages)) == (FailureKind.RETRY_LATER, 0)


@pytest.mark.parametrize("address", ["C0INCIDENTS", "U0BEN"])
def test_a_try_whose_answer_was_lost_is_found_before_it_is_repeated(slack: Any, address: str) -> None:
    slack.lose_answers = True
    assert failed(slack, address=address).kind is FailureKind.RETRY_LATER
    slack.lose_answers = False
    receipt = channel(slack).send(replace(PAGE, attempt=2), address)
    assert receipt.reference.endswith(":1795207000.000001")
    assert receipt.answer.startswith("was there already")
    assert len(slack.messages) == 1


def test_a_lost_answer_below_a_message_is_found_too(slack: Any) -> None:
    thread = channel(slack).send(PAGE, "C0INCIDENTS").reference
    again = replace(PAGE, key="page:2", thread=thread)
    slack.lose_answers = True
    failed(slack, again)
    slack.lose_answers = False
    assert channel(slack).send(replace(again, attempt=2), "C0INCIDENTS").reference == thread
    assert len(slack.messages) == 2


@pytest.mark.parametrize("method", ["conversations.open", "conversations.history"])
@pytest.mark.parametrize("error", ["missing_scope", "internal_error"])
def test_what_cannot_be_looked_up_is_posted_rather_than_held_back(
    slack: Any, method: str, error: str
) -> None:
    slack.errors[method] = error
    channel(slack).send(replace(PAGE, attempt=2), "U0BEN")
    assert len(slack.messages) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"text": "nothing of ours"},
        {"metadata": {"event_type": "lab", "event_payload": {"key": "page:7c1f"}}},
        {"metadata": {"event_type": "tocsin_message", "event_payload": {"key": "page:other"}}},
        {"metadata": {"event_type": "tocsin_message", "event_payload": "odd"}},
    ],
)
def test_a_message_of_others_is_not_taken_for_ours(slack: Any, other: dict[str, Any]) -> None:
    slack.posted({"channel": "C0INCIDENTS", "text": "x"} | other)
    channel(slack).send(replace(PAGE, attempt=2), "C0INCIDENTS")
    assert len(slack.messages) == 2


def test_a_burst_of_notices_is_spread_over_seconds_and_a_page_passes_it(slack: Any) -> None:
    clock = PushedClock(START)
    speaking = channel(slack, clock=clock)
    speaking.send(NOTICE, "C0INCIDENTS")
    with pytest.raises(DeliveryFailed) as waiting:
        speaking.send(replace(NOTICE, key="notice:2"), "C0INCIDENTS")
    assert (waiting.value.kind, waiting.value.retry_after_s) == (FailureKind.RETRY_LATER, 1.0)
    speaking.send(PAGE, "C0INCIDENTS")
    clock.push(timedelta(seconds=1))
    speaking.send(replace(NOTICE, key="notice:2", attempt=2), "C0INCIDENTS")
    assert len(slack.messages) == 3


@pytest.mark.parametrize("is_named", [True, False])
def test_an_incoming_webhook_takes_the_same_message_by_name_or_url(partner: Any, is_named: bool) -> None:
    partner.reply = lambda got: (200, {}, b"ok")
    url = f"{partner.url}services/T0/B0/secret-path"
    speaking = SlackChannel(WebApi(Secret("")), {"ops": Secret(url)})
    receipt = speaking.send(replace(NOTICE, thread=FIRST), "ops" if is_named else url)
    assert receipt == Receipt("ok", "")
    assert partner.received[0].path == "/services/T0/B0/secret-path"
    assert "secret-path" not in repr(speaking)


def test_without_a_token_a_channel_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as refused:
        SlackChannel(WebApi(Secret(""))).send(PAGE, "C0INCIDENTS")
    assert refused.value.kind is FailureKind.MISCONFIGURED


def test_a_token_with_a_line_break_is_misconfigured_and_not_told(slack: Any) -> None:
    wrong = failed(slack, token="xoxb-topsecret\nX-Evil: 1")
    assert wrong.kind is FailureKind.MISCONFIGURED
    assert "topsecret" not in "".join(traceback.format_exception(wrong))


def test_the_client_given_is_the_client_used(slack: Any) -> None:
    api = WebApi(Secret(slack.token), slack.url, Outbound(allow_private=False))
    with pytest.raises(DeliveryFailed) as refused:
        SlackChannel(api).send(PAGE, "C0INCIDENTS")
    assert refused.value.kind is FailureKind.MISCONFIGURED


def test_the_pretend_slack_takes_what_slacks_client_sent(serve_http: Any, shared: Path) -> None:
    fake = serve_http(FakeSlack(token="xoxb-test", channels=("C1",)), None)
    sent = json.loads((shared / "captures" / "python_clients_requests.json").read_text())["requests"]
    posted = [one for one in sent if one["path"] == "/slack/api/chat.postMessage"]
    assert [replayed(fake, one, "/slack/api/") for one in posted] == [200]
    assert fake.messages[0]["blocks"][2]["elements"][0]["value"] == "INC-1"
