from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import ExitStack

import httpx
import pytest

from served import Served, wait_for
from tocsin.domain.person import Role
from tocsin.process.logs import Masked, is_worth_saying

SECRET = "t0psecret-t0psecret"


def _record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, None) if error else None
    return logging.LogRecord("x", logging.WARNING, "x", 1, message, (), told)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"Forbidden: /sign-in/{SECRET}", "Forbidden: /sign-in/***"),
        (f"GET /sign-in/{SECRET}?next=/now HTTP", "GET /sign-in/***?next=/now HTTP"),
        (f'"POST //hooks/alertmanager/{SECRET} HTTP/1.1"', '"POST //hooks/alertmanager/*** HTTP/1.1"'),
        (f"/acknowledge/6f9c-11/{SECRET}", "/acknowledge/6f9c-11/***"),
        (f"/sign-in/{SECRET}/more/of-it", "/sign-in/***"),
        (f"/sign-in?next=%2facknowledge%2F6f%2F{SECRET}", "/sign-in?next=%2facknowledge%2F6f%2F***"),
        (f"Not Found: /api/v1/schedules/feeds/{SECRET}.ics", "Not Found: /api/v1/schedules/feeds/***"),
        (f"/api%2Fv1%2fschedules%2Ffeeds%2F{SECRET}", "/api%2Fv1%2fschedules%2Ffeeds%2F***"),
        (f"/api/v1/tocs_{SECRET}/x?key=tocs_{SECRET}&a=b", "/api/v1/tocs_***/x?key=tocs_***&a=b"),
        ("GET /api/v1/schedules/default.ics HTTP", "GET /api/v1/schedules/default.ics HTTP"),
        ("GET /sign-in?next=/incidents HTTP", "GET /sign-in?next=/incidents HTTP"),
        ("GET /incidents/INC-1 HTTP", "GET /incidents/INC-1 HTTP"),
    ],
)
def test_a_token_in_an_address_is_masked(said, shown) -> None:
    assert Masked().format(_record(said)) == shown


def test_a_token_in_a_traceback_is_masked() -> None:
    shown = Masked().format(_record("trouble", ValueError(f"/sign-in/{SECRET}")))
    assert "ValueError: /sign-in/***" in shown
    assert SECRET not in shown


def test_a_request_cut_off_by_the_shutdown_is_not_worth_a_traceback() -> None:
    assert not is_worth_saying(_record("cancelled", asyncio.CancelledError()))
    assert is_worth_saying(_record("trouble", ValueError()))
    assert is_worth_saying(_record("trouble"))


@pytest.mark.parametrize("accesses", ["true", "false"])
def test_a_server_never_writes_a_token_whatever_it_refuses(tocsin: Served, accesses) -> None:
    tocsin.start(more={"TOCSIN_ACCESS_LOG": accesses})
    page = "6f9c1f0e-7c3e-4d0a-9a55-0a4b5f1c2d3e"
    for path in (
        f"/sign-in/{SECRET}",
        f"/acknowledge/{page}/{SECRET}",
        f"/hooks/alertmanager/{SECRET}",
        f"/sign-in/{SECRET}/x",
    ):
        for method in ("GET", "POST", "PUT"):
            httpx.request(method, tocsin.url + path, timeout=30)
    wait_for(lambda: "Forbidden" in tocsin.said(), 5, "a warning of Django's")
    assert SECRET not in tocsin.said()
    assert ('"POST /hooks/alertmanager/*** HTTP/1.1" 401' in tocsin.said()) is (accesses == "true")


def test_told_to_end_it_says_nothing_of_those_it_cut_off(tocsin: Served) -> None:
    tocsin.start()
    with ExitStack() as slow:
        line = slow.enter_context(socket.create_connection(("127.0.0.1", tocsin.port), timeout=30))
        token = tocsin.token(Role.INGEST)
        head = f"POST /ingest/signals HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        line.sendall(f"{head}Content-Length: 1000\r\n\r\nx".encode())
        httpx.get(f"{tocsin.url}/health", timeout=30)
        tocsin.process.terminate()
        tocsin.process.wait(30)
    assert "Traceback" not in tocsin.said()
