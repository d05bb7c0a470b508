"""More requests at once than there are places: the excess gets 503, the others 200 and are kept."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx

from served import Served, bearer, wait_for
from tocsin.api.intake import READERS_A_PLACE
from tocsin.domain.person import Role

PLACES = 4
READERS = PLACES * READERS_A_PLACE


class SlowSender:
    """Sends an alert's header and half its body, and the rest later."""

    def __init__(self, tocsin: Served, token: str, alertname: str) -> None:
        body = json.dumps([{"labels": {"alertname": alertname, "severity": "critical"}}]).encode()
        headers = bearer(token) | {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [f"{name}: {text}" for name, text in headers.items()]
        head = "\r\n".join(
            ["POST /api/v2/alerts HTTP/1.1", "Host: tocsin", "Connection: close", *lines, "", ""]
        )
        self._socket = socket.create_connection(("127.0.0.1", tocsin.port), timeout=20)
        self._socket.sendall(head.encode() + body[:10])
        self._rest = body[10:]

    def __enter__(self) -> SlowSender:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def finish(self) -> int:
        """Send the rest and return the answer's status."""
        self._socket.sendall(self._rest)
        with self._socket.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def test_slow_bodies_take_no_place_from_those_that_are_whole(tocsin: Served) -> None:
    tocsin.start(more={"TOCSIN_MAX_PENDING": str(PLACES)})
    token = tocsin.token(Role.INGEST)
    with ExitStack() as stack:
        slow = [stack.enter_context(SlowSender(tocsin, token, f"Slow{n}")) for n in range(2 * PLACES)]
        assert tocsin.post_alert(token, alertname="Quick").status_code == 200
        assert [sender.finish() for sender in slow] == [200] * len(slow)


def test_the_excess_is_sent_away_with_503_while_those_inside_are_served(tocsin: Served) -> None:
    tocsin.start(more={"TOCSIN_MAX_PENDING": str(PLACES)})
    token, reader = tocsin.token(Role.INGEST), tocsin.token(Role.VIEWER)
    with ExitStack() as stack:
        slow = [stack.enter_context(SlowSender(tocsin, token, f"Slow{n}")) for n in range(READERS)]
        # The slow ones may still be on their way to their places when the first of these comes in.
        answer = wait_for(lambda: _refusal(tocsin, token), 10, "a refusal")
        assert int(answer.headers["Retry-After"]) > 0
        assert "overloaded" in answer.text
        assert tocsin.health()["status"] == "ok", "whoever asks for health needs no place"
        assert [sender.finish() for sender in slow] == [200] * READERS
    assert tocsin.post_alert(token, alertname="After").status_code == 200
    assert len(tocsin.incidents(reader)) == READERS + 1


def test_a_burst_is_answered_200_or_503_and_exactly_what_was_answered_200_is_kept(tocsin: Served) -> None:
    tocsin.start(more={"TOCSIN_MAX_PENDING": str(PLACES)})
    token = tocsin.token(Role.INGEST)
    with ThreadPoolExecutor(32) as senders:
        posts = {
            f"Burst{n}": senders.submit(tocsin.post_alert, token, alertname=f"Burst{n}", severity="none")
            for n in range(200)
        }
    answers = {name: post.result().status_code for name, post in posts.items()}
    assert set(answers.values()) <= {200, 503}
    with tocsin.store() as store, store.reading() as shelves:
        kept = {alert.labels["alertname"] for alert in shelves.alerts.recent(1000)}
    assert kept == {name for name, status in answers.items() if status == 200}
    assert kept


def _refusal(tocsin: Served, token: str) -> httpx.Response | None:
    answer = tocsin.post_alert(token, alertname="Excess", severity="none")
    return answer if answer.status_code == 503 else None
