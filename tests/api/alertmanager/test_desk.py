"""Who may ask: a token with the right, or this machine where it is open."""

from __future__ import annotations

from tocsin.domain.person import Role


def test_a_page_of_elsewhere_in_a_browser_here_is_not_let_in(local):
    assert local.get("/api/v2/alerts").status_code == 200
    assert local.get("/api/v2/alerts", headers={"Origin": "https://evil.example"}).status_code == 401
    assert local.get("/api/v2/status", headers={"Host": "evil.example"}).status_code == 401


def test_a_wrong_token_is_refused_also_from_here(local):
    answer = local.get("/api/v2/status", headers={"Authorization": "Bearer tocs_wrong"})
    assert answer.status_code == 401
    assert answer.json()["code"] == 401
    assert answer.json()["message"].endswith("[not_signed_in]")


def test_a_role_that_may_not_is_told_so_in_json_that_amtool_can_read(client, bearer):
    answer = client.post("/api/v2/silences", json={}, headers=bearer(Role.VIEWER))
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/json")
    assert answer.json()["code"] == 403
    assert "role viewer, which does not allow to respond" in answer.json()["message"]
    answer = client.post("/-/reload", headers=bearer(Role.VIEWER))
    assert answer.headers["Content-Type"] == "application/problem+json"
