from __future__ import annotations

import pytest

from tocsin.domain.errors import Overloaded
from tocsin.domain.person import Role


def test_the_api_describes_itself(client, bearer) -> None:
    described = client.get("/api/openapi.json").json()
    paths = set(described["paths"])
    assert {"/api/v1/incidents", "/api/v1/audit/verify", "/api/v1/quarantine"} <= paths
    assert described["openapi"].startswith("3.")


def test_a_stranger_gets_a_problem_document(client) -> None:
    response = client.get("/api/v1/incidents")
    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"text": 7}'])
def test_a_request_that_does_not_fit_gets_a_problem_document(client, bearer, opened, body) -> None:
    response = client.post(
        f"/api/v1/incidents/{opened}/notes",
        content=body,
        headers={**bearer(Role.RESPONDER), "Content-Type": "application/json"},
    )
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"{", b"\xff"])
def test_a_body_that_is_no_json_is_told_apart_from_one_that_does_not_fit(
    client, bearer, opened, body
) -> None:
    response = client.post(
        f"/api/v1/incidents/{opened}/notes",
        content=body,
        headers={**bearer(Role.RESPONDER), "Content-Type": "application/json"},
    )
    assert (response.status_code, response.json()["code"]) == (400, "request_unreadable")
    assert response.headers["Content-Type"] == "application/problem+json"


def test_an_overload_asks_to_come_again(client, bearer, app, monkeypatch) -> None:
    headers = bearer(Role.VIEWER)

    def away(*_: object) -> None:
        raise Overloaded("The database is away.", means="Nothing.", next_step="Wait.")

    monkeypatch.setattr(type(app.store), "reading", away)
    response = client.get("/api/v1/incidents", headers=headers)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
