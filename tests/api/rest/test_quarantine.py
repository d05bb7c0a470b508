from __future__ import annotations

import pytest

from tocsin.domain.arrival import Quarantined
from tocsin.domain.person import Role

URL = "/api/v1/quarantine"


@pytest.fixture
def waiting(app, clock) -> None:
    bodies = [b'[{"labels": {"alertname": "A", "severity": "warning"}}]', b"{ hunter2"]
    with app.store.transaction() as shelves:
        for body in bodies:
            kept = Quarantined(
                connector="alertmanager.api",
                source="prometheus",
                reason="then",
                body=body,
                received_at=clock.now(),
            )
            shelves.quarantine.add(kept)


def test_what_waits_is_listed_with_its_reason_but_not_its_body(client, bearer, waiting) -> None:
    found = client.get(URL, headers=bearer(Role.VIEWER))
    assert [row["id"] for row in found.json()["quarantined"]] == ["Q-2", "Q-1"]
    assert "hunter2" not in found.text


def test_a_commander_replays(client, bearer, waiting) -> None:
    headers = bearer(Role.COMMANDER)
    assert client.post(f"{URL}/Q-1/replay", headers=headers).json() == {"outcome": "Q-1: 1 accepted"}
    response = client.post(f"{URL}/Q-2/replay", headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "still_unreadable")
    assert client.get(URL, headers=headers).json()["total"] == 1


def test_a_responder_may_not(client, bearer, waiting) -> None:
    assert client.post(f"{URL}/Q-1/replay", headers=bearer(Role.RESPONDER)).status_code == 403


@pytest.mark.parametrize("name", ["Q-9", "Q-", "x", "9" * 30, "Q-²", "%00"])
def test_an_id_that_names_nothing_is_not_found(client, bearer, waiting, name) -> None:
    assert client.post(f"{URL}/{name}/replay", headers=bearer(Role.COMMANDER)).status_code == 404
