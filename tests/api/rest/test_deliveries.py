from __future__ import annotations

import pytest

from tocsin.domain.job import Job, JobState
from tocsin.domain.person import Role

URL = "/api/v1/deliveries"


@pytest.fixture
def dead(app, clock) -> None:
    with app.store.transaction() as shelves:
        for key, kind in (("a", "deliver.slack"), ("b", "deliver.smtp")):
            shelves.jobs.put(
                Job(
                    kind=kind,
                    key=key,
                    run_at=clock.now(),
                    state=JobState.DEAD,
                    last_error="retry later: slack.example did not answer within 10 s",
                )
            )


def test_what_died_is_listed_with_its_cause_and_what_to_do(client, bearer, dead) -> None:
    found = client.get(URL, headers=bearer(Role.VIEWER)).json()
    assert (found["total"], {row["key"] for row in found["dead"]}) == (2, {"a", "b"})
    assert found["dead"][0]["cause"] == "timed out"
    assert found["dead"][0]["remedy"].endswith(".")
    some = client.get(f"{URL}?channel=smtp&limit=0", headers=bearer(Role.VIEWER)).json()
    assert (some["total"], [row["key"] for row in some["dead"]]) == (1, ["b"])


def test_a_commander_tries_them_again_by_key_or_all_of_a_channel(client, bearer, dead) -> None:
    headers = bearer(Role.COMMANDER)
    assert client.post(f"{URL}/replay", json={"keys": ["a"]}, headers=headers).json() == {"keys": ["a"]}
    assert client.post(f"{URL}/replay", json={"keys": ["a"]}, headers=headers).status_code == 404
    assert client.post(f"{URL}/replay", json={}, headers=headers).json()["code"] == "not_found"
    again = client.post(f"{URL}/replay", json={"all": True, "channel": "smtp"}, headers=headers)
    assert again.json() == {"keys": ["b"]}
    assert client.get(URL, headers=headers).json()["total"] == 0


def test_a_responder_may_not(client, bearer, dead) -> None:
    assert client.post(f"{URL}/replay", json={"all": True}, headers=bearer(Role.RESPONDER)).status_code == 403
