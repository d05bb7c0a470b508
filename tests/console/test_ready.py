"""The link in a test message: looking does nothing, its button confirms."""

from __future__ import annotations

import pytest
from django.test import Client

from tocsin.app.readying import ready_of
from tocsin.oncall.readiness import contact_name, token


@pytest.fixture
def place(app) -> str:
    (sent,) = ready_of(app).test("ada", "ben")
    name = contact_name(sent.person, sent.contact)
    return f"/ready/{sent.test_id}/{token(name, sent.sent_at, app.call.link_key)}"


def _confirmed(app) -> list[str]:
    with app.store.reading() as shelves:
        return [each.person for each in ready_of(app).standing(shelves) if each.verified_at is not None]


def test_a_scanner_that_follows_the_link_does_nothing(app, place):
    page = Client().get(place).content.decode()
    assert all(words in page for words in ("This is a test", "ben", "inbox"))
    assert _confirmed(app) == []


def test_the_button_confirms(app, place):
    assert "Confirmed" in Client().post(place).content.decode()
    assert _confirmed(app) == ["ben"]


def test_a_wrong_link_confirms_nothing_and_shows_nothing(app, place):
    wrong = Client().post(place[:-1] + ("A" if place[-1] != "A" else "B"))
    assert (wrong.status_code, "readiness_link_refused" in wrong.content.decode()) == (409, True)
    assert Client().get("/ready/00000000-0000-0000-0000-000000000000/x").status_code == 404
    assert _confirmed(app) == []
