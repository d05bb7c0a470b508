from __future__ import annotations

from tocsin.domain.person import Role

URL = "/api/v1/oncall"


def test_who_can_be_reached_is_listed_without_addresses(client, bearer) -> None:
    contacts = client.get(f"{URL}/ready", headers=bearer(Role.VIEWER)).json()["contacts"]
    assert all("address" not in each for each in contacts)


def test_test_messages_need_the_right_to_respond_and_a_known_person(client, bearer) -> None:
    assert client.post(f"{URL}/test", json={}, headers=bearer(Role.VIEWER)).status_code == 403
    sent = client.post(f"{URL}/test", json={}, headers=bearer(Role.RESPONDER))
    assert sent.status_code == 200
    assert "sent" in sent.json()
    unknown = client.post(f"{URL}/test", json={"person": "eve"}, headers=bearer(Role.RESPONDER))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_an_escalation_is_rehearsed(client, bearer) -> None:
    wanted = {
        "severity": "P1",
        "at": "2026-11-20T02:00:00Z",
        "labels": {"service": "shop"},
        "acknowledged_after_s": 60,
    }
    played = client.post(f"{URL}/rehearse", json=wanted, headers=bearer(Role.VIEWER)).json()
    assert played["policy"] == "default"
    assert len(played["pages"]) == 1
    assert played["pages"][0]["at"] == "2026-11-20T02:00:00+00:00"
    now = client.post(f"{URL}/rehearse", json={"severity": "P1"}, headers=bearer(Role.VIEWER))
    assert now.status_code == 200
    naive = client.post(
        f"{URL}/rehearse", json=wanted | {"at": "2026-11-20T02:00:00"}, headers=bearer(Role.VIEWER)
    )
    assert naive.status_code == 422
