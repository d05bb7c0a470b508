from __future__ import annotations

import pytest
from django.test import Client

from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INGEST])
def test_every_role_but_ingest_may_read(client, bearer, role) -> None:
    assert client.get("/api/v1/incidents", headers=bearer(role)).status_code == 200


def test_a_token_for_intake_may_not_read(client, bearer) -> None:
    response = client.get("/api/v1/incidents", headers=bearer(Role.INGEST))
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


def test_a_browsers_session_has_no_access_here(client, app, sqlite_store) -> None:
    accounts = Accounts(sqlite_store)
    accounts.create("ada", "Ada", Role.ADMIN)
    browser = Client()
    browser.force_login(accounts.by_username("ada"))
    cookie = browser.cookies["tocsin_session"].value
    response = client.get("/api/v1/incidents", headers={"Cookie": f"tocsin_session={cookie}"})
    assert response.status_code == 401


def test_the_records_name_the_token(client, bearer, opened) -> None:
    headers = bearer(Role.RESPONDER, name="bens laptop")
    shown = client.post(f"/api/v1/incidents/{opened}/acknowledge", headers=headers).json()
    assert shown["acknowledged_by"] == "token:bens laptop"
