from __future__ import annotations

import pytest

from tocsin.app.pushing import pushing_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.connectors.push.subscriptions import Subscription
from tocsin.connectors.push.vapid import text64
from tocsin.domain.errors import Misconfigured

PHONE = Subscription("ben", "https://push.example/1", text64(b"\4" + bytes(64)), text64(bytes(16)), "a phone")


@pytest.fixture
def desk(tmp_path, memory_store):
    settings = load_settings({"TOCSIN_PUSH_CONTACT": "mailto:ada@example.org"}, home=tmp_path)
    made = pushing_of(build_app(settings, store=memory_store))
    assert made is not None
    return made


def test_without_the_channel_there_is_no_desk(tmp_path, memory_store) -> None:
    assert pushing_of(build_app(load_settings({}, home=tmp_path), store=memory_store)) is None


def test_a_person_subscribes_and_ends_it_themselves(desk) -> None:
    desk.subscribe(PHONE)
    desk.unsubscribe("eve", PHONE.name)
    assert desk.browsers("ben") == (PHONE,)
    desk.unsubscribe("ben", PHONE.name)
    assert desk.browsers("ben") == ()
    assert len(desk.public_key) == 87


def test_what_nothing_can_be_sent_to_is_refused(desk) -> None:
    with pytest.raises(Misconfigured):
        desk.subscribe(Subscription("ben", "http://10.0.0.1/", "x", "y"))
