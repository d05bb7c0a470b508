"""What SNS signs, and what raw delivery needs instead."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.secret import Secret
from tocsin.connectors.sns.hook import HOOK, signed_text

TOKEN = HookSecret(secret=Secret("tocs_x"), name="token:sns")
TOPIC = HookSecret(secret=Secret("arn:aws:sns:eu-west-1:1:t"), name="1")
NOTE = {"Type": "Notification", "Message": "m", "MessageId": "1", "Timestamp": "t", "TopicArn": "a"}


def _raw(token: str) -> HookRequest:
    headers = {"x-amz-sns-rawdelivery": "true", "x-tocsin-token": token, "x-amz-sns-message-id": "m1"}
    return HookRequest(headers=headers, body=b"x", source="t", now=NOON, kind=HOOK.kind(headers))


def test_the_fields_are_signed_in_amazons_order_and_the_subject_only_if_there() -> None:
    plain = b"Message\nm\nMessageId\n1\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"
    assert signed_text(NOTE) == signed_text(NOTE | {"Subject": None}) == plain
    assert b"Subject\ns\n" in signed_text(NOTE | {"Subject": "s"})


@pytest.mark.parametrize(
    "changed", [{"Type": "Other"}, {"Message": None}, {"Type": "SubscriptionConfirmation"}]
)
def test_a_message_that_lacks_a_field_is_forged(changed) -> None:
    with pytest.raises(Forged):
        signed_text(NOTE | changed)


def test_raw_delivery_needs_a_token_and_no_topic_is_one() -> None:
    assert HOOK.verify(_raw("tocs_x"), (TOKEN, TOPIC)).replay_key
    for token, secrets in (("tocs_y", (TOKEN,)), ("arn:aws:sns:eu-west-1:1:t", (TOPIC,)), ("", ())):
        with pytest.raises(Forged):
            HOOK.verify(_raw(token), secrets)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}"])
def test_what_is_no_message_is_forged(body: bytes) -> None:
    with pytest.raises(Forged):
        HOOK.verify(HookRequest(headers={}, body=body, source="t", now=NOON), (TOPIC,))


def test_without_an_allowed_topic_nothing_is() -> None:
    with pytest.raises(Forged, match="no topic is allowed"):
        HOOK.verify(HookRequest(headers={}, body=b"{}", source="t", now=NOON), (TOKEN,))
