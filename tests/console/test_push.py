"""A person subscribes the browser they sit at; nobody does it for another."""

from __future__ import annotations

import pytest
from django.test import override_settings

from tocsin.app.pushing import pushing_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app, install
from tocsin.connectors.push.vapid import text64

FORM = {
    "endpoint": "https://push.example/1",
    "p256dh": text64(b"\4" + bytes(64)),
    "auth": text64(bytes(16)),
}


@pytest.fixture
def pushed(app, clock, sqlite_store):
    """Return the desk of an application that has web push."""
    settings = load_settings({"TOCSIN_PUSH_CONTACT": "mailto:ada@example.org"}, home=app.settings.home)
    made = build_app(settings, clock=clock, store=sqlite_store)
    install(made)
    with override_settings(ROOT_URLCONF="tocsin.console.urls"):
        yield pushing_of(made)


def test_a_browser_is_subscribed_for_whoever_is_signed_in_and_shown(ben, ada, pushed) -> None:
    answer = ben.post("/push/subscribe", FORM, headers={"User-Agent": "<b>Firefox</b>"})
    assert (answer.status_code, answer["Location"]) == (302, "/inbox")
    (kept,) = pushed.browsers("ben")
    page = ben.get("/inbox").content.decode()
    assert "&lt;b&gt;Firefox&lt;/b&gt;" in page
    assert f'data-key="{pushed.public_key}"' in page
    assert "Firefox" not in ada.get("/inbox").content.decode()
    ada.post("/push/unsubscribe", {"name": kept.name})
    assert pushed.browsers("ben")
    ben.post("/push/unsubscribe", {"name": kept.name})
    assert pushed.browsers("ben") == ()


def test_a_form_without_a_subscription_is_refused(ben, pushed) -> None:
    assert ben.post("/push/subscribe", {**FORM, "auth": ""}).status_code == 422


def test_who_may_not_respond_subscribes_nothing(chidi, pushed) -> None:
    assert chidi.post("/push/subscribe", FORM).status_code == 403


def test_without_web_push_there_is_nothing_to_subscribe_to(ben, app) -> None:
    assert "Web push is not set up" in ben.get("/inbox").content.decode()
    assert ben.post("/push/subscribe", FORM).status_code == 404
