"""Who may ask: a token with the right, or this machine where it is open."""

from __future__ import annotations


def test_a_page_of_elsewhere_in_a_browser_here_is_not_let_in(local):
    assert local.get("/api/v2/alerts").status_code == 200
    assert local.get("/api/v2/alerts", headers={"Origin": "https://evil.example"}).status_code == 401
    assert local.get("/api/v2/status", headers={"Host": "evil.example"}).status_code == 401


def test_a_wrong_token_is_refused_also_from_here(local):
    answer = local.get("/api/v2/status", headers={"Authorization": "Bearer tocs_wrong"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"
