from __future__ import annotations

from hashlib import sha256

import pytest

from tocsin.domain.incident import Status
from tocsin.domain.person import Role

URL = "/api/v1/evidence"


def _keep(client, headers, name: str = "auth.log", content: bytes = b"Eve was here", **form: str):
    return client.post(
        f"{URL}/INC-1",
        data={"description": "The auth log", "exported_by": "Ben", **form},
        files={"file": (name, content, "text/plain")},
        headers=headers,
    )


def test_a_file_is_kept_with_its_label_and_listed(client, bearer, opened) -> None:
    kept = _keep(client, bearer(Role.RESPONDER)).json()
    assert kept["digest"] == f"sha256:{sha256(b'Eve was here').hexdigest()}"
    assert kept["label"] == {
        "incident_date": "2026-03-01",
        "description": "The auth log",
        "exported_by": "Ben",
    }
    assert client.get(f"{URL}/INC-1", headers=bearer(Role.VIEWER)).json() == {"exhibits": [kept]}


def test_a_viewer_may_keep_nothing(client, bearer, opened) -> None:
    assert _keep(client, bearer(Role.VIEWER)).status_code == 403


@pytest.mark.parametrize(
    ("given", "code"), [({"description": " "}, "label_missing"), ({"content": b""}, "evidence_empty")]
)
def test_without_a_label_or_bytes_nothing_is_kept(client, bearer, opened, given, code) -> None:
    response = _keep(client, bearer(Role.RESPONDER), **given)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_a_hostile_name_becomes_a_harmless_one(client, bearer, opened) -> None:
    kept = _keep(client, bearer(Role.RESPONDER), name="../../etc/passwd").json()
    assert "/" not in kept["name"]


def test_evidence_of_no_incident_is_not_found(client, bearer) -> None:
    assert client.get(f"{URL}/INC-9", headers=bearer(Role.VIEWER)).status_code == 404


def test_exhibits_are_packed_and_the_bag_is_handed_out_with_a_reason(client, bearer, opened) -> None:
    _keep(client, bearer(Role.RESPONDER))
    commander = bearer(Role.COMMANDER)
    bag = client.post(f"{URL}/INC-1/bags", headers=commander).json()
    assert (bag["id"], bag["exhibits"]) == ("BAG-1", ["EX-1"])
    assert client.get(f"{URL}/INC-1/bags", headers=bearer(Role.VIEWER)).json() == {"bags": [bag]}
    place = f"{URL}/bags/1/content"
    assert client.get(place, headers=commander).status_code == 422
    content = client.get(f"{place}?reason=review", headers=commander).content
    assert f"sha256:{sha256(content).hexdigest()}" == bag["archive"]
    assert client.get(f"{place}?reason=review", headers=bearer(Role.RESPONDER)).status_code == 403


def test_the_bytes_of_an_exhibit_need_a_reason_and_a_role(client, bearer, opened) -> None:
    _keep(client, bearer(Role.RESPONDER))
    place = f"{URL}/exhibits/1/content?reason="
    answer = client.get(f"{place}review", headers=bearer(Role.RESPONDER))
    assert (answer.content, answer.headers["content-type"]) == (b"Eve was here", "application/octet-stream")
    assert client.get(f"{place}review", headers=bearer(Role.VIEWER)).status_code == 403
    refused = client.get(place, headers=bearer(Role.RESPONDER))
    assert (refused.status_code, refused.json()["code"]) == (422, "evidence_reason_missing")


def test_a_hold_forbids_destruction_over_rest_too(client, bearer, opened) -> None:
    _keep(client, bearer(Role.RESPONDER))
    admin, why = bearer(Role.ADMIN), {"reason": "Order 4711"}
    assert client.post(f"{URL}/INC-1/hold", json=why, headers=bearer(Role.RESPONDER)).status_code == 403
    assert client.post(f"{URL}/INC-1/hold", json=why, headers=bearer(Role.COMMANDER)).json()["id"] == "LH-1"
    held = client.post(f"{URL}/exhibits/1/destroy", json=why, headers=admin)
    assert (held.status_code, held.json()["code"]) == (409, "evidence_held")
    assert client.post(f"{URL}/holds/1/release", json=why, headers=admin).json()["id"] == "LH-1"
    assert client.post(f"{URL}/holds/1/release", json=why, headers=admin).status_code == 404
    still_open = client.post(f"{URL}/exhibits/1/destroy", json=why, headers=admin)
    assert "INC-1 is" in still_open.json()["happened"]


def test_over_rest_it_is_only_asked_that_evidence_be_destroyed(client, bearer, opened, app) -> None:
    _keep(client, bearer(Role.RESPONDER))
    with app.store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
    for status in (Status.RESOLVED, Status.CLOSED):
        app.close.move(incident.incident_id, status, "over", "ada")
    why, place = {"reason": "Kept by mistake"}, f"{URL}/exhibits/1/destroy"
    for _ in range(3):
        answer = client.post(place, json=why, headers=bearer(Role.ADMIN))
        assert answer.json() == {"id": "EX-1", "destroyed": False, "consented": []}
    assert client.post(place, json=why, headers=bearer(Role.COMMANDER)).status_code == 403
    assert app.respond.verify() == (1, ())


def test_a_collector_is_started_by_its_name(client, bearer, opened) -> None:
    responder = bearer(Role.RESPONDER)
    asked = {"collector": "files", "of": ["a", "b"], "arguments": {"path": "/var/log"}}
    answer = client.post(f"{URL}/INC-1/collect", json=asked, headers=responder)
    assert answer.json() == {"incident": "INC-1", "collector": "files", "started": 2}
    unknown = client.post(f"{URL}/INC-1/collect", json={"collector": "filse"}, headers=responder)
    assert unknown.status_code == 404
