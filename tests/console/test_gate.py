"""The gate: nobody unsigned, no role without its permission, no way to be sent elsewhere."""

from __future__ import annotations

import pytest
from django.test import Client

from tocsin.console.gate import back_to, time_now, viewer_of
from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

PAGES = ["/", "/incidents", "/incidents/INC-1", "/exhibits/EX-1", "/inbox", "/help"]


@pytest.mark.parametrize("address", [*PAGES, "/incidents?status=open"])
def test_nobody_sees_a_page_unsigned_and_everybody_lands_where_they_were_going(address, app, open_incident):
    open_incident("a secret title")
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=%2F")
    assert Client().post("/incidents/INC-1/acknowledge").status_code == 302
    with app.store.reading() as shelves:
        assert shelves.incidents.by_number(1).acknowledged_at is None


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (Role.VIEWER, {"/": 200, "/incidents": 200, "/inbox": 403}),
        (Role.AUDITOR, {"/": 200, "/incidents": 200, "/inbox": 403}),
        (Role.RESPONDER, {"/": 200, "/incidents": 200, "/inbox": 200}),
        (Role.ADMIN, {"/": 200, "/incidents": 200, "/inbox": 200}),
    ],
)
def test_each_role_sees_its_pages(role, statuses, app):
    account = Accounts(DjangoStore()).create("eve", "Eve", role)
    client = Client()
    client.force_login(account)
    assert {address: client.get(address).status_code for address in statuses} == statuses


def test_a_role_taken_away_is_gone_with_the_next_request(ben, open_incident):
    place = f"/incidents/{open_incident().short_name}/note"
    assert ben.post(place, {"text": "first"}).status_code == 302
    Accounts(DjangoStore()).set_role("ben", Role.VIEWER)
    assert ben.post(place, {"text": "second"}).status_code == 403


@pytest.mark.parametrize("address", PAGES)
def test_a_viewer_is_shown_no_form_that_acts(address, chidi, open_incident):
    open_incident()
    page = chidi.get(address).content.decode()
    assert "data-act" not in page


@pytest.mark.parametrize(
    ("wanted", "landed"),
    [
        ("/incidents?status=open", "/incidents?status=open"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
    ],
)
def test_the_way_back_never_leaves_this_house(wanted, landed, rf):
    assert back_to(rf.post("/", {"next": wanted}), "/") == landed
    assert back_to(rf.get("/", {"next": wanted}), "/") == landed


def test_a_shut_account_is_nobody(ben, app, rf):
    request = rf.get("/", headers={"Cookie": "tocsin_theme=mauve; tocsin_keys=off"})
    request.user = Accounts(DjangoStore()).by_username("ben")
    viewer = viewer_of(request)
    assert (viewer.name, viewer.theme, viewer.single_keys) == ("Ben Okafor", "system", False)
    request.user.is_active = False
    assert viewer_of(request) is None


def test_pages_are_made_at_the_apps_time(app, clock, chidi):
    assert time_now() == clock.now()
    assert "2026-03-01 12:00:00 UTC" in chidi.get("/").content.decode()
