"""While another process holds the database's write lock the intake answers 503, and all goes on after."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx

from served import Served, wait_for
from tocsin.domain.person import Role

PROMETHEUS_GIVES_UP_S = 10.0


def test_a_locked_database_makes_the_intake_ask_for_patience_and_leaves_nothing_half_done(
    tocsin: Served,
) -> None:
    tocsin.start()
    token, reader = tocsin.token(Role.INGEST), tocsin.token(Role.VIEWER)
    with closing(sqlite3.connect(tocsin.home / "tocsin.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(3) as senders:
            posts = [senders.submit(_post, tocsin, token, f"Locked{n}Down") for n in range(3)]
            answers = [post.result() for post in posts]
        for answer in answers:
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert "overloaded" in answer.text
        assert tocsin.incidents(reader) == []
        assert tocsin.health()["status"] == "ok", "what only reads goes on"
        other.execute("ROLLBACK")
    assert tocsin.post_alert(token, alertname="FreeDown").status_code == 200
    assert len(tocsin.incidents(reader)) == 1
    wait_for(
        lambda: "page.delivered" in tocsin.timeline(reader, "INC-1"), 30, "the page, by workers that go on"
    )


def _post(tocsin: Served, token: str, alertname: str) -> httpx.Response:
    alert = [{"labels": {"alertname": alertname, "severity": "critical"}}]
    return tocsin.post("/api/v2/alerts", token, json=alert, timeout=PROMETHEUS_GIVES_UP_S)
