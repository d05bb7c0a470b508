"""A text message is short, leads somewhere, and says how it can be answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.twilio.client import TwilioAccount
from tocsin.connectors.twilio.sms import SmsChannel, text_of
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

PAGE = Message(
    key="page-1-1",
    subject="P1 Critical INC-12: the disk is full",
    text="long",
    link="https://tocsin.example/acknowledge/0c6d/abc",
    severity="P1",
    incident="INC-12",
    is_page=True,
    page_id="0c6d",
)


def channel(fake: Any, sender: str = "+15005550006") -> SmsChannel:
    account = TwilioAccount(fake.sid, (Secret(fake.token),), fake.url, Outbound(time_limit_s=20))
    return SmsChannel(account, sender, "https://tocsin.example")


def test_a_page_can_be_answered_from_the_telephone_itself(twilio: Any) -> None:
    receipt = channel(twilio).send(PAGE, "+49 170 1234567")
    ((what, form),) = twilio.created
    assert (what, form["To"], form["From"]) == ("Messages", "+491701234567", "+15005550006")
    assert form["Body"] == (
        "P1 Critical INC-12: the disk is full https://tocsin.example/acknowledge/0c6d/abc "
        "Reply 4 12 to acknowledge, 5 12 to escalate."
    )
    assert form["StatusCallback"] == "https://tocsin.example/hooks/twilio/status?key=page-1-1"
    assert receipt.reference.startswith("SM")


def test_a_messaging_service_can_send(twilio: Any) -> None:
    channel(twilio, "MG123").send(PAGE, "+491701234567")
    assert twilio.created[0][1]["MessagingServiceSid"] == "MG123"
    assert "From" not in twilio.created[0][1]


def test_a_long_title_is_cut_and_what_matters_stays() -> None:
    text = text_of(replace(PAGE, subject="x" * 2000))
    assert len(text) <= 320
    assert PAGE.link in text
    assert "Reply 4 12" in text


@pytest.mark.parametrize("link", ["", "javascript:x", "https://t.example/" + "x" * 300])
def test_a_link_that_does_not_fit_is_left_out(link: str) -> None:
    assert text_of(replace(PAGE, link=link)).count("http") == 0


def test_a_notice_asks_for_nothing() -> None:
    assert "Reply" not in text_of(replace(PAGE, is_page=False))
    assert text_of(replace(PAGE, incident="")).endswith("Reply 4 to acknowledge, 5 to escalate.")


def test_who_unsubscribed_is_not_tried_again(twilio: Any) -> None:
    twilio.unsubscribed = ("+491701234567",)
    with pytest.raises(DeliveryFailed) as failed:
        channel(twilio).send(PAGE, "+491701234567")
    assert failed.value.kind is FailureKind.REFUSED
