from __future__ import annotations

from hashlib import sha256

import pytest

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
