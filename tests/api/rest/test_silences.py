from __future__ import annotations

from uuid import uuid4

import pytest

from tocsin.app.hushing import hush_of
from tocsin.domain.person import Role

URL = "/api/v1/silences"
WANTED = {"matchers": ["alertname = ShopDown"], "reason": "The shop is being moved.", "lasts": "2h"}


def test_a_responder_makes_changes_and_ends_a_silence(client, bearer, opened) -> None:
    headers = bearer(Role.RESPONDER, "robot")
    made = client.post(URL, json=WANTED, headers=headers)
    assert made.status_code == 200
    silence = made.json()
    assert (silence["state"], silence["owner"]) == ("active", "token:robot")
    changed = client.put(f"{URL}/{silence['id']}", json=WANTED | {"lasts": "3h"}, headers=headers).json()
    assert changed["id"] == silence["id"]
    assert client.get(f"{URL}/{silence['id']}", headers=headers).json() == changed
    assert client.get(URL, headers=headers).json() == {"silences": [changed], "total": 1}
    ended = client.delete(f"{URL}/{silence['id']}", headers=headers).json()
    assert ended["state"] == "expired"


def test_a_silence_can_be_tried_out_before_it_is_made(client, bearer, opened) -> None:
    seen = client.post(f"{URL}/preview", json={"matchers": ["service=shop"]}, headers=bearer(Role.VIEWER))
    assert seen.json() == {
        "alerts": [{"id": "ALR-1", "title": "ShopDown"}],
        "total": 1,
        "worst": "P1",
        "needs_second": False,
    }


def test_a_token_is_never_the_second_person(client, bearer, app) -> None:
    body = [{"labels": {"alertname": "Stolen", "severity": "critical", "incident_type": "security"}}]
    client.post("/api/v2/alerts", json=body, headers=bearer())
    wanted = WANTED | {"matchers": ["alertname=Stolen"]}
    made = client.post(URL, json=wanted, headers=bearer(Role.RESPONDER)).json()
    assert (made["needs_second"], made["state"]) == (True, "unconfirmed")
    refused = client.post(f"{URL}/{made['id']}/confirm", headers=bearer(Role.COMMANDER))
    assert (refused.status_code, refused.json()["code"]) == (409, "confirmation_refused")
    assert hush_of(app).listed()[0].second is None


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"reason": ""}, 400),
        ({"reason": "x" * 1001}, 422),
        ({"matchers": []}, 400),
        ({"matchers": ["a=b"] * 31}, 422),
        ({"matchers": ['a=~".*"']}, 400),
        ({"lasts": "2000h"}, 400),
        ({"recurrence": {"rule": "FREQ=SECONDLY", "zone": "UTC", "each": "1h"}}, 400),
    ],
)
def test_what_cannot_be_silenced_is_refused_with_the_reason(client, bearer, wrong, status) -> None:
    answer = client.post(URL, json=WANTED | wrong, headers=bearer(Role.RESPONDER))
    assert answer.status_code == status
    assert answer.json()["next_step"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"recurence": {"rule": "FREQ=DAILY", "zone": "UTC", "each": "1h"}}, "recurence"),
        ({"recurrence": {"rule": "", "zone": "UTC", "each": "1h"}}, "rule"),
        ({"recurrence": {"rule": "FREQ=DAILY", "zone": "", "each": "1h"}}, "zone"),
        ({"recurrence": {"rule": "FREQ=DAILY", "zone": "UTC", "each": "1h", "last": "1h"}}, "last"),
        ({"ends_at": "2099-01-01T00:00:00Z"}, "ends_at"),
    ],
)
def test_what_would_silence_otherwise_than_meant_is_refused_by_name(client, bearer, app, wrong, named):
    answer = client.post(URL, json=WANTED | wrong, headers=bearer(Role.RESPONDER))
    assert answer.status_code == 422
    assert named in answer.json()["happened"]
    assert hush_of(app).listed() == ()


def test_a_viewer_may_look_but_not_silence(client, bearer) -> None:
    headers = bearer(Role.VIEWER)
    assert client.get(URL, headers=headers).status_code == 200
    assert client.post(URL, json=WANTED, headers=headers).status_code == 403
    assert client.delete(f"{URL}/{uuid4()}", headers=headers).status_code == 403
    assert client.post(f"{URL}/{uuid4()}/confirm", headers=headers).status_code == 403


@pytest.mark.parametrize("name", ["6f2c1a52-0000-4000-8000-000000000009", "x", "%00"])
def test_an_id_that_names_nothing_is_not_found(client, bearer, name) -> None:
    headers = bearer(Role.COMMANDER)
    for method, address in (("GET", name), ("DELETE", name), ("POST", f"{name}/confirm")):
        assert client.request(method, f"{URL}/{address}", headers=headers).status_code == 404
