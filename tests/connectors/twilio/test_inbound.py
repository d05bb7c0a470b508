"""What Twilio asks back with is believed only with its signature, and read without guessing."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

import pytest

from tocsin.connectors.secret import Secret
from tocsin.connectors.twilio.inbound import Act, form_of, is_signed, pressed, reply_of, status_of

URL = "https://example.com/myapp.php?foo=1&bar=2"
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}
BODY = urlencode(FIELDS).encode()
TOKEN = Secret("12345")
DOCUMENTED = "L/OH5YylLD5NRKLltdqwSvS0BnU="


def signed(url: str, fields: dict[str, str], token: str) -> str:
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def test_the_example_of_twilios_documentation_is_right() -> None:
    assert signed(URL, FIELDS, "12345") == DOCUMENTED
    assert is_signed(URL, BODY, DOCUMENTED, [TOKEN])


def test_while_a_token_rotates_either_is_believed() -> None:
    assert is_signed(URL, BODY, DOCUMENTED, [Secret("new"), TOKEN])


@pytest.mark.parametrize(
    ("url", "body", "signature"),
    [
        (URL, BODY, ""),
        (URL, BODY, DOCUMENTED[:-2]),
        (URL, BODY, signed(URL, FIELDS, "wrong")),
        (URL, BODY.replace(b"1234&", b"4&"), DOCUMENTED),
        (URL + "&page=other", BODY, DOCUMENTED),
        (URL, BODY + b"&Digits=4", DOCUMENTED),
        (URL, b"\xff\xfe", DOCUMENTED),
        (URL, b"&".join(b"a%d=1" % n for n in range(500)), DOCUMENTED),
    ],
    ids=["missing", "cut", "wrong", "changed", "elsewhere", "added", "no form", "too many"],
)
def test_a_forgery_is_not_believed(url: str, body: bytes, signature: str) -> None:
    assert not is_signed(url, body, signature, [TOKEN])


def test_a_form_is_read_and_what_is_none_is_not() -> None:
    assert form_of(b"a=1&b=") == {"a": "1", "b": ""}
    assert form_of(b"\xff") is None
    assert form_of(b"&".join(b"a%d=1" % n for n in range(500))) is None


@pytest.mark.parametrize(
    ("digits", "act"),
    [("4", Act.ACKNOWLEDGE), ("5", Act.ESCALATE), ("9", Act.UNKNOWN), ("", Act.NONE), ("44", Act.UNKNOWN)],
)
def test_keys_mean_what_the_menu_says(digits: str, act: Act) -> None:
    assert pressed({"Digits": digits}) is act


@pytest.mark.parametrize(
    ("text", "act", "incident"),
    [
        ("4", Act.ACKNOWLEDGE, 0),
        (" 4 12 ", Act.ACKNOWLEDGE, 12),
        ("ACK inc-12", Act.ACKNOWLEDGE, 12),
        ("5 12", Act.ESCALATE, 12),
        ("what is it?", Act.UNKNOWN, 0),
        ("STOP", Act.NONE, 0),
        ("", Act.UNKNOWN, 0),
        ("4 9999999999999", Act.ACKNOWLEDGE, 0),
    ],
)
def test_replies_are_read_as_people_write_them(text: str, act: Act, incident: int) -> None:
    reply = reply_of({"Body": text, "From": "+491701234567", "MessageSid": "SM1"})
    assert (reply.act, reply.incident, reply.sender, reply.message_id) == (
        act,
        incident,
        "+491701234567",
        "SM1",
    )


@pytest.mark.parametrize(
    ("form", "word", "is_failed", "is_final", "code"),
    [
        ({"MessageSid": "SM1", "MessageStatus": "sent"}, "sent", False, False, None),
        ({"MessageSid": "SM1", "MessageStatus": "delivered"}, "delivered", False, True, None),
        (
            {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"},
            "undelivered",
            True,
            True,
            30003,
        ),
        ({"CallSid": "CA1", "CallStatus": "completed"}, "completed", False, True, None),
        ({"CallSid": "CA1", "CallStatus": "no-answer", "ErrorCode": "x"}, "no-answer", True, True, None),
    ],
)
def test_what_became_of_a_message_is_read(
    form: dict[str, str], word: str, is_failed: bool, is_final: bool, code: int | None
) -> None:
    status = status_of(form)
    assert status is not None
    assert (status.word, status.is_failed, status.is_final, status.code) == (word, is_failed, is_final, code)


def test_what_is_no_status_is_none() -> None:
    assert status_of({"MessageSid": "SM1"}) is None
    assert status_of({"CallStatus": "completed"}) is None
