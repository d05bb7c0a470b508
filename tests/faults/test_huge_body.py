"""A body of 50 MB is refused with 413 in little memory, and the server goes on."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from served import Served
from tocsin.domain.person import Role

MB = 1024 * 1024
SIZE = 50 * MB
BLOCK = b"x" * 65_536


def _blocks() -> Iterator[bytes]:
    """Yield a body that says nothing of its length before."""
    yield b'[{"labels": {"alertname": "'
    for _ in range(SIZE // len(BLOCK)):
        yield BLOCK
    yield b'"}}]'


def test_a_huge_body_is_refused_and_the_server_goes_on_in_little_memory(tocsin: Served) -> None:
    tocsin.start()
    token, reader = tocsin.token(Role.INGEST), tocsin.token(Role.VIEWER)
    headers = {"Content-Type": "application/json"}
    before = tocsin.memory_mb()
    for path in ("/api/v2/alerts", f"/hooks/alertmanager/{token}", "/ingest/signals"):
        announced = tocsin.post(path, token, content=b"".join(_blocks()), headers=headers)
        streamed = tocsin.post(path, token, content=_blocks(), headers=headers)
        for answer in (announced, streamed):
            assert answer.status_code == 413, path
            assert "_too_large" in answer.text
            assert "32 MB" in answer.text
    assert tocsin.memory_mb() - before < 150
    assert tocsin.incidents(reader) == []
    assert tocsin.post_alert(token, alertname="Small").status_code == 200


def test_a_small_gzip_of_something_huge_is_refused_in_little_memory(tocsin: Served) -> None:
    tocsin.start(more={"TOCSIN_MAX_DECODED_MB": "20"})
    token = tocsin.token(Role.INGEST)
    before = tocsin.memory_mb()
    bomb = gzip.compress(b"0" * 20 * SIZE, 1)
    answer = tocsin.post("/ingest/signals", token, content=bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "decoded_too_large")
    assert tocsin.memory_mb() - before < 200
    assert tocsin.health()["status"] == "ok"
