"""A served Tocsin hears syslog, OTLP and its own silence; what it said it kept survives kill -9."""

from __future__ import annotations

import socket

import orjson
import pytest

from served import Served, free_port, wait_for
from tocsin.domain.person import Role
from tocsin.store.lake import SegmentLake

MESSAGES = 2000


@pytest.fixture
def heard(tocsin: Served) -> Served:
    tocsin.settings["TOCSIN_SYSLOG_PORT"] = str(free_port())
    return tocsin.start()


def _lines(tocsin: Served, source: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in SegmentLake(tocsin.home / "lake").read(source, 0, 100_000)[0]]


def _talk(tocsin: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(tocsin.settings["TOCSIN_SYSLOG_PORT"])), timeout=10)


def _is_open(tocsin: Served) -> bool:
    try:
        _talk(tocsin).close()
    except OSError:
        return False
    return True


def test_syslog_that_was_kept_survives_a_kill_and_is_heard_again_after(heard: Served) -> None:
    wait_for(lambda: _is_open(heard), 20, "an open syslog port")
    with _talk(heard) as talk:
        for number in range(MESSAGES):
            talk.sendall(b"<34>1 - h app - - - m%d\n" % number)
        wait_for(lambda: len(_lines(heard, "syslog")) == MESSAGES, 20, "all messages")
    heard.kill()
    assert [line["message"] for line in _lines(heard, "syslog")] == [f"m{n}" for n in range(MESSAGES)]
    heard.start()
    wait_for(lambda: _is_open(heard), 20, "an open syslog port")
    with _talk(heard) as talk:
        talk.sendall(b"<34>1 - h app - - - again\n")
    wait_for(lambda: _lines(heard, "syslog")[-1]["message"] == "again", 20, "the last message")


def test_sources_are_listed_as_they_are_heard(heard: Served) -> None:
    record = {"body": {"stringValue": "hello"}}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    answer = heard.post("/v1/logs?source=shop", heard.token(Role.INGEST), json=body)
    assert (answer.status_code, answer.json()) == (200, {})
    listed = wait_for(lambda: heard.told("source", "list"), 40, "a source")
    assert [(one["source"], one["state"]) for one in listed] == [("shop", "learning")]
