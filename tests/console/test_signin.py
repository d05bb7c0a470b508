"""Signing in by link and by password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

PASSWORD = "correct horse battery staple"


@pytest.fixture
def link(app, clock) -> str:
    token = Accounts(DjangoStore()).sign_in_link("ada", clock.now(), timedelta(hours=1))
    return f"/sign-in/{token}"


@pytest.fixture
def with_password(app) -> None:
    Accounts(DjangoStore()).create("eve", "Eve", Role.RESPONDER, password=PASSWORD)


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


@pytest.mark.usefixtures("with_password")
def test_a_password_signs_in_and_one_lands_where_one_was_going():
    client = Client()
    form = {"username": "eve", "password": PASSWORD, "next": "/incidents?status=open"}
    assert client.post("/sign-in", form)["Location"] == "/incidents?status=open"
    assert client.get("/sign-in")["Location"] == "/"


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    "form", [{"username": "eve", "password": "wrong"}, {"username": "nobody", "password": "x"}, {}]
)
def test_a_wrong_pair_is_refused_without_saying_which_half(form):
    client = Client()
    answer = client.post("/sign-in", form)
    assert (answer.status_code, "do not belong together" in answer.content.decode()) == (403, True)
    assert client.get("/").status_code == 302


@pytest.mark.usefixtures("with_password")
def test_nobody_is_sent_elsewhere_after_signing_in():
    form = {"username": "eve", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/sign-in", form)["Location"] == "/"


def test_signing_out_ends_the_session(ada):
    assert ada.get("/sign-out").status_code == 405
    assert ada.post("/sign-out")["Location"] == "/sign-in"
    assert ada.get("/").status_code == 302


def test_the_page_lets_password_managers_work(app):
    page = Client().get("/sign-in").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page
