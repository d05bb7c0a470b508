from __future__ import annotations

import pytest

from signed_log import last_head, sealed_entries
from tocsin.app.cosigning import cosign_of, tiles_of
from tocsin.audit.tiles import entries_of, hashes_of
from tocsin.domain.person import Role
from tocsin.worker.publishing import Publishing


@pytest.fixture
def published(app):
    """Publish a log of 300 entries and return their bytes."""
    leaves = sealed_entries(app, 300)
    Publishing(app.store, app.clock, cosign_of(app), tiles_of(app).grown).round()
    return [leaf.content for leaf in leaves]


def test_before_anything_is_published_nothing_is_there(client) -> None:
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/log/tile/0/000").status_code == 404


def test_head_and_hashes_need_no_token(client, app, published) -> None:
    head = client.get("/log/checkpoint")
    assert head.text == last_head(app).note
    assert head.headers["content-type"] == "text/plain; charset=utf-8"
    assert head.headers["cache-control"] == "public, max-age=5"
    tile = client.get("/log/tile/0/000")
    assert len(hashes_of(tile.content)) == 256
    assert "immutable" in tile.headers["cache-control"]
    size = last_head(app).size
    assert client.get(f"/log/tile/0/001.p/{size - 256}").status_code == 200
    assert client.get("/log/tile/1/000.p/1").status_code == 200


def test_entries_need_a_token_that_may_read(client, app, published, token) -> None:
    assert client.get("/log/tile/entries/000").status_code == 401
    for role, status in ((Role.INGEST, 403), (Role.AUDITOR, 200)):
        headers = {"Authorization": f"Bearer {token(role)}"}
        answer = client.get("/log/tile/entries/000", headers=headers)
        assert answer.status_code == status
    assert entries_of(answer.content) == tuple(published[:256])
    assert answer.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    "path",
    [
        "/log/tile/0/001",
        "/log/tile/0/..%2F..%2F..%2F..%2Fkeys%2Flog.key",
        "/log/tile/0/000.p/255",
        "/log/tile/64/000",
        "/log/2/checkpoint",
        "/log/2/tile/0/000",
    ],
)
def test_other_paths_lead_nowhere(client, published, path) -> None:
    assert client.get(path).status_code == 404


def test_nothing_can_be_written(client, published) -> None:
    assert client.post("/log/checkpoint", content=b"x").status_code == 404
    assert client.put("/log/tile/0/000", content=b"x").status_code == 404
