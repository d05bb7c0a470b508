"""Twilio is let in by its signature alone; a key or a reply then does what the menu says."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

import pytest

from tocsin.domain.timeline import Happening

TOKEN = "a-very-secret-auth-token"
PUBLIC = "https://tocsin.example"


@pytest.fixture
def environ() -> dict[str, str]:
    return {
        "TOCSIN_TWILIO_ACCOUNT": "AC1",
        "TOCSIN_TWILIO_TOKEN": f"newer,{TOKEN}",
        "TOCSIN_TWILIO_FROM": "+15005550006",
        "TOCSIN_PUBLIC_URL": PUBLIC,
        "TOCSIN_ALLOWED_HOSTS": "*",
    }


def asked(client, path: str, token: str = TOKEN, **fields: str):
    signed = PUBLIC + path + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return client.post(path, content=urlencode(fields), headers=headers)


def page_of(app):
    with app.store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
        pages = shelves.pages.of_incident(incident.incident_id)
    return incident, pages[0]


def test_a_key_acknowledges(app, client, opened) -> None:
    _, page = page_of(app)
    path = f"/hooks/twilio/voice?page={page.page_id}"
    answer = asked(client, path, CallSid="CA1", Digits="4")
    assert (answer.status_code, "INC-1 is yours" in answer.text) == (200, True)
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert page_of(app)[0].acknowledged_by == page.person


@pytest.mark.parametrize("digits", ["9", ""])
def test_another_key_or_none_leaves_the_page_open(app, client, opened, digits) -> None:
    _, page = page_of(app)
    answer = asked(client, f"/hooks/twilio/voice?page={page.page_id}", CallSid="CA1", Digits=digits)
    assert "stays open" in answer.text
    assert page_of(app)[0].acknowledged_at is None


def test_a_page_that_is_none_is_said(client, opened) -> None:
    assert "unknown" in asked(client, "/hooks/twilio/voice?page=x", CallSid="CA1", Digits="4").text


@pytest.mark.parametrize(
    ("body", "words", "status"),
    [("4 1", "no page of yours", 200), ("hello", "Reply 4", 200), ("STOP", "", 204)],
)
def test_a_reply_is_answered(client, opened, body, words, status) -> None:
    answer = asked(client, "/hooks/twilio/sms", From="+49170", Body=body, MessageSid="SM1")
    assert (answer.status_code, words in answer.text) == (status, True)


def test_what_became_of_a_message_is_kept(app, client, opened) -> None:
    incident, _ = page_of(app)
    with app.store.reading() as shelves:
        key = shelves.pages.deliveries_of(incident.incident_id)[0].key
    for word in ("sent", "delivered"):
        path = f"/hooks/twilio/status?{urlencode({'key': key})}"
        assert asked(client, path, MessageSid="SM1", MessageStatus=word).status_code == 204
    with app.store.reading() as shelves:
        assert [each.answer for each in shelves.pages.attempts([key])] == ["Twilio says delivered"]


def test_a_forgery_changes_nothing_and_is_written_down(app, client, opened) -> None:
    _, page = page_of(app)
    path = f"/hooks/twilio/voice?page={page.page_id}"
    answers = [
        asked(client, path, token="wrong", CallSid="CA1", Digits="4"),
        client.post(path, content="CallSid=CA1&Digits=4"),
        client.post(path, content=b"\xff"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "callback_forged")] * 3
    assert page_of(app)[0].acknowledged_at is None
    with app.store.reading() as shelves:
        waiting = b" ".join(shelves.log.waiting_contents())
    assert waiting.count(Happening.FORGED.value.encode()) == 3
    assert TOKEN.encode() not in waiting


class TestWithoutTwilio:
    @pytest.fixture
    def environ(self) -> dict[str, str]:
        return {}

    def test_the_doors_lead_nowhere(self, client) -> None:
        assert asked(client, "/hooks/twilio/sms", Body="4").status_code == 404
