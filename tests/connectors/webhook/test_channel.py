"""A receiver that follows Standard Webhooks can check each message, and a repeat is recognised by its id."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tocsin.connectors.secret import Secret
from tocsin.connectors.webhook.channel import WebhookChannel, body_of, secrets_of
from tocsin.domain.clock import PushedClock, SystemClock
from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.domain.page import GONE, Message, address_digest
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.store.memory import MemoryStore

OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_" + "QUJD" * 10
START = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)
MESSAGE = Message(
    key="page:7c1f:webhook",
    subject="P1 Critical: <login> failures",
    text="61 failures\nin 5 minutes",
    link="https://tocsin.example/p/1",
    severity="P1",
    incident="INC-1",
    is_page=True,
    fields=(("Severity", "P1 Critical"),),
    runbook_url="https://runbooks.example/1",
)


def channel(*secrets: str) -> WebhookChannel:
    return WebhookChannel(tuple(map(Secret, secrets or (OLD,))), SystemClock())


def test_the_standards_own_library_accepts_what_we_send(partner: Any) -> None:
    channel().send(MESSAGE, f"{partner.url}hook")
    sent = partner.received[0]
    assert Webhook(OLD).verify(sent.body, sent.headers) == json.loads(sent.body)
    assert (sent.path, sent.headers["content-type"]) == ("/hook", "application/json")


def test_while_rotating_both_the_old_and_the_new_secret_are_accepted(partner: Any) -> None:
    channel(OLD, NEW).send(MESSAGE, partner.url)
    sent = partner.received[0]
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(sent.body, sent.headers)


def test_the_body_has_a_stable_schema() -> None:
    assert json.loads(body_of(MESSAGE)) == {
        "schema": "tocsin.message/1",
        "type": "tocsin.page",
        "data": {
            "key": "page:7c1f:webhook",
            "incident": "INC-1",
            "severity": "P1",
            "is_page": True,
            "subject": "P1 Critical: <login> failures",
            "text": "61 failures\nin 5 minutes",
            "link": "https://tocsin.example/p/1",
            "fields": [{"name": "Severity", "value": "P1 Critical"}],
            "runbook_url": "https://runbooks.example/1",
        },
    }


def test_a_retry_has_the_same_id_and_body_but_a_fresh_time_and_signature(partner: Any) -> None:
    clock = PushedClock(START)
    sender = WebhookChannel((Secret(OLD),), clock)
    sender.send(MESSAGE, partner.url)
    clock.push(timedelta(minutes=7))
    sender.send(MESSAGE, partner.url)
    first, second = partner.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == MESSAGE.key
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 420
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (410, FailureKind.MISCONFIGURED),
        (400, FailureKind.REFUSED),
        (429, FailureKind.RETRY_LATER),
        (503, FailureKind.RETRY_LATER),
        (401, FailureKind.MISCONFIGURED),
        (404, FailureKind.MISCONFIGURED),
        (302, FailureKind.MISCONFIGURED),
    ],
)
def test_an_answer_has_its_kind_and_its_wish_to_wait(partner: Any, status: int, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {"Retry-After": "9"}, f"no {OLD}".encode())
    with pytest.raises(DeliveryFailed) as failed:
        channel().send(MESSAGE, partner.url)
    assert (failed.value.kind, failed.value.retry_after_s) == (kind, 9.0)
    assert failed.value.reason == f"the webhook answered {status}: no ***"


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_is_a_receipt(partner: Any, status: int) -> None:
    partner.reply = lambda got: (status, {}, b"thanks\r\n\x1b[31m" + b"x" * 9000)
    answer = channel().send(MESSAGE, partner.url).answer
    assert answer.startswith(f"{status} thanks [31mx")
    assert len(answer) < 320


def test_what_is_no_url_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        channel().send(MESSAGE, "ben@tocsin.example")
    assert failed.value.kind is FailureKind.MISCONFIGURED


def test_half_surrogates_and_script_links_do_no_harm() -> None:
    sent = json.loads(body_of(replace(MESSAGE, text="half \ud800", runbook_url="javascript:alert(1)")))
    assert (sent["data"]["text"], sent["data"]["runbook_url"]) == ("half ?", "")


@pytest.mark.parametrize("secrets", [(), ("whsec_short",), (OLD, "oops")])
def test_a_channel_without_a_sound_secret_is_never_made(secrets: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured):
        WebhookChannel(tuple(map(Secret, secrets)), SystemClock())


def test_the_setting_lists_secrets_with_commas() -> None:
    assert [secret.reveal() for secret in secrets_of(f" {OLD} ,{NEW},,")] == [OLD, NEW]
    assert secrets_of("") == ()


def test_an_address_that_is_gone_is_not_asked_again_until_it_changes(
    partner: Any, memory_store: MemoryStore
) -> None:
    sender = WebhookChannel((Secret(OLD),), PushedClock(START), store=memory_store)
    partner.reply = lambda got: (410, {}, b"no more")
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="410") as failed:
            sender.send(MESSAGE, f"{partner.url}old")
        assert (failed.value.kind, failed.value.status) == (FailureKind.MISCONFIGURED, 410)
    assert len(partner.received) == 1
    partner.reply = lambda got: (204, {}, b"")
    assert sender.send(MESSAGE, f"{partner.url}new").answer == "204"
    with memory_store.transaction() as shelves:
        shelves.marks.drop(GONE, [address_digest("webhook", f"{partner.url}old")])
    assert sender.send(MESSAGE, f"{partner.url}old").answer == "204"


def test_a_database_that_is_away_keeps_no_page_from_being_sent(partner: Any) -> None:
    class Away(MemoryStore):
        def reading(self) -> Any:
            raise Overloaded("Away.", means="Nothing.", next_step="Wait.")

        transaction = reading

    sender = WebhookChannel((Secret(OLD),), PushedClock(START), store=Away())
    assert sender.send(MESSAGE, partner.url).answer
    partner.reply = lambda got: (410, {}, b"")
    with pytest.raises(DeliveryFailed):
        sender.send(MESSAGE, partner.url)
