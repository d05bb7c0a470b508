"""A job says by one call that it still runs; only names that a pack expects are noted."""

from __future__ import annotations

import pytest

from tocsin.audit.leaf import decode
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


def test_who_has_no_token_or_a_wrong_one_stands_in_the_log(app, client) -> None:
    for path in ("/hooks/heartbeat/nightly-backup", "/hooks/heartbeat/nightly-backup/tocs_x"):
        assert client.post(path).status_code == 401
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        entries = [decode(leaf.content) for leaf in shelves.log.leaves(0, shelves.log.size())]
    told = [each.facts for each in entries if each.facts.get("connector") == "heartbeat"]
    assert [(each["source"], each["sender"], each["reason"]) for each in told] == [
        ("nightly-backup", "203.0.113.9", "it carries no token"),
        ("nightly-backup", "203.0.113.9", "its token is unknown"),
    ]
    assert "tocs_x" not in str(entries)
