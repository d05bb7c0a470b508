"""Signing in by link, and out; all of it is in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tocsin.audit.leaf import decode
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore


@pytest.fixture
def link(app, clock) -> str:
    token = Accounts(DjangoStore()).sign_in_link("ada", clock.now(), timedelta(hours=1))
    return f"/sign-in/{token}"


def test_opening_a_link_uses_up_nothing_and_its_button_signs_in_once(link):
    client = Client()
    assert client.get(link).status_code == 200
    assert client.get("/").status_code == 302
    assert client.post(link)["Location"] == "/"
    assert "Ada Lindqvist" in client.get("/").content.decode()
    again = Client().post(link)
    assert (again.status_code, "sign_in_link_spent" in again.content.decode()) == (403, True)


def test_an_expired_or_unknown_link_signs_nobody_in(link, clock):
    clock.push(timedelta(hours=2))
    assert Client().post(link).status_code == 403
    assert Client().post("/sign-in/unknown").status_code == 403


def test_one_lands_where_one_was_going_and_never_elsewhere(link, clock):
    assert Client().post(link, {"next": "/incidents?status=open"})["Location"] == "/incidents?status=open"
    again = f"/sign-in/{Accounts(DjangoStore()).sign_in_link('ada', clock.now(), timedelta(hours=1))}"
    assert Client().post(again, {"next": "https://evil.example/"})["Location"] == "/"


def test_the_page_says_how_to_get_a_link_and_takes_no_password(app, ada):
    page = Client().get("/sign-in").content.decode()
    assert "tocsin person link NAME" in page
    assert "<form" not in page
    assert Client().post("/sign-in", {"username": "ada", "password": "x"}).status_code == 405
    assert ada.get("/sign-in?next=/incidents")["Location"] == "/incidents"


def _access(app):
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        entries = [decode(one.content) for one in shelves.log.leaves(0, shelves.log.size())]
    return [(one.actor, one.facts["done"]) for one in entries if one.kind == "access"], str(entries)


def test_signing_in_and_out_and_refusals_are_in_the_log_without_the_token(app, link, chidi, open_incident):
    client = Client()
    client.post(link)
    for _ in range(3):
        Client().post(link)
    client.post("/sign-out")
    client.post("/sign-out")
    incident = open_incident()
    for _ in range(2):
        assert chidi.post(f"/incidents/{incident.short_name}/acknowledge").status_code == 403
    written, text = _access(app)
    assert written == [
        ("ada", "signed in"),
        ("nobody", "sign-in refused"),
        ("ada", "signed out"),
        ("chidi", "role refused"),
    ]
    assert link.rpartition("/")[2] not in text


def test_signing_out_ends_the_session(ada):
    assert ada.get("/sign-out").status_code == 405
    assert ada.post("/sign-out")["Location"] == "/sign-in"
    assert ada.get("/").status_code == 302
