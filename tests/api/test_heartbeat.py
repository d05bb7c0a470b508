"""A job says by one call that it still runs; only names that a pack expects are noted."""

from __future__ import annotations

import pytest

from tocsin.domain.person import Role
from tocsin.flow.watchdog import CAME

SOURCES = """\
sources: []
heartbeats:
  - {name: nightly-backup, every: 24h}
"""


@pytest.fixture
def environ(tmp_path) -> dict[str, str]:
    pack = tmp_path / "home" / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "sources.yml").write_text(SOURCES, encoding="utf-8")
    return {}


def test_a_call_is_noted_with_a_token_in_the_header_or_in_the_path(app, client, bearer, token) -> None:
    assert client.post("/hooks/heartbeat/nightly-backup", headers=bearer()).status_code == 204
    assert client.get(f"/hooks/heartbeat/nightly-backup/{token(name='cron')}").status_code == 204
    with app.store.reading() as shelves:
        assert shelves.marks.all(CAME) == {"nightly-backup": app.clock.now().isoformat().encode()}


def test_what_nobody_expects_is_told(client, bearer) -> None:
    answer = client.post("/hooks/heartbeat/weekly", headers=bearer())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_strangers_and_readers_are_refused(client, bearer) -> None:
    assert client.post("/hooks/heartbeat/nightly-backup").status_code == 401
    assert client.post("/hooks/heartbeat/nightly-backup/tocs_x").status_code == 401
    assert client.post("/hooks/heartbeat/nightly-backup", headers=bearer(Role.VIEWER)).status_code == 403
