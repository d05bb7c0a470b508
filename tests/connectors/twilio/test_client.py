"""Twilio's answers are sorted by its own codes, and its secrets stay where they are."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.twilio.client import TwilioAccount, callback, kind_of_code, receiver_of
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

FORM = {"To": "+491701234567", "From": "+15005550006", "Body": "Grüße"}


def account(fake: Any, sid: str = "AC1", token: str = "t") -> TwilioAccount:
    return TwilioAccount(sid, (Secret(token),), fake.url, Outbound(time_limit_s=20))


def test_a_form_is_posted_and_the_sid_is_returned(twilio: Any) -> None:
    sid = account(twilio, twilio.sid, twilio.token).create("Messages", FORM)
    assert (sid, twilio.created) == (f"SM{1:032x}", [("Messages", FORM)])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (21211, FailureKind.MISCONFIGURED),
        (21610, FailureKind.REFUSED),
        (20429, FailureKind.RETRY_LATER),
        (21611, FailureKind.RETRY_LATER),
        (20003, FailureKind.MISCONFIGURED),
        (21617, FailureKind.REFUSED),
        (21408, FailureKind.MISCONFIGURED),
    ],
)
def test_each_code_has_its_kind_whatever_the_status(code: int, kind: FailureKind) -> None:
    assert kind_of_code(code, 400) is kind


def test_an_unknown_code_counts_as_its_status() -> None:
    assert kind_of_code(99999, 503) is FailureKind.RETRY_LATER
    assert kind_of_code(99999, 400) is FailureKind.REFUSED


def test_the_reason_has_the_code_but_no_token(twilio: Any) -> None:
    twilio.error = (400, 21211)
    with pytest.raises(DeliveryFailed, match="error 21211") as failed:
        account(twilio, twilio.sid, twilio.token).create("Messages", FORM)
    assert (failed.value.kind, failed.value.status) == (FailureKind.MISCONFIGURED, 400)
    assert twilio.token not in failed.value.reason


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", FailureKind.UNKNOWN),
        (201, b'{"sid": 4}', FailureKind.UNKNOWN),
        (201, b"[]", FailureKind.UNKNOWN),
        (502, b"<html>bad gateway", FailureKind.RETRY_LATER),
        (429, b'{"code": "x"}', FailureKind.RETRY_LATER),
    ],
)
def test_what_is_not_twilios_json_is_sorted_too(
    partner: Any, status: int, body: bytes, kind: FailureKind
) -> None:
    partner.reply = lambda got: (status, {"Retry-After": "7"}, body)
    with pytest.raises(DeliveryFailed) as failed:
        account(partner).create("Messages", FORM)
    assert (failed.value.kind, failed.value.status) == (kind, status)


@pytest.mark.parametrize("written", ["+491701234567", "+49 170 1234567", "+49 (170) 123-45.67"])
def test_a_number_may_be_written_as_people_do(written: str) -> None:
    assert receiver_of(written) == "+491701234567"


@pytest.mark.parametrize(
    "wrong", ["", "0170 1234567", "+0170", "ben", "+4917012345678901", "whatsapp:+49170"]
)
def test_what_is_no_number_is_told(wrong: str) -> None:
    with pytest.raises(DeliveryFailed, match="telephone number"):
        receiver_of(wrong)


def test_twilio_asks_back_at_our_public_address() -> None:
    assert callback("https://t.example/", "sms") == "https://t.example/hooks/twilio/sms"
    assert (
        callback("https://t.example", "voice", page="a b") == "https://t.example/hooks/twilio/voice?page=a+b"
    )
