from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client

from served import Served
from tocsin.api import vestibule
from tocsin.api.turnstile import Turnstile
from tocsin.api.vestibule import SMALL_BODY, Vestibule
from tocsin.domain.person import Role
from tocsin.process.asgi import _django
from tocsin.store.accounts import Accounts

BIG = b"x" * (SMALL_BODY + 1)
UPLOADS = ("/incidents/INC-1/exhibits", "/api/v1/evidence/INC-1")
FORM = {"description": "what Eve did", "exported_by": "Ben"}


def test_idle_senders_to_django_hold_nobody_up(tocsin: Served) -> None:
    tocsin.start()
    with ExitStack() as idle:
        for _ in range(20):
            line = idle.enter_context(socket.create_connection(("127.0.0.1", tocsin.port), timeout=30))
            line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")
        assert httpx.get(f"{tocsin.url}/sign-in", timeout=8).status_code == 200
        assert line.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/incidents", "/incidents/INC-1/note", "/nothing"])
@pytest.mark.parametrize("in_chunks", [True, False])
def test_a_body_larger_than_a_form_is_413_and_no_thread_sees_it(client, path, in_chunks) -> None:
    response = client.post(path, content=iter([BIG]) if in_chunks else BIG)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert "256 KB" in response.json()["title"]
    assert response.headers["Connection"] == "close"


class Endless:
    """A body that notes whether anybody read it."""

    def __init__(self) -> None:
        self.was_read = False

    async def receive(self) -> dict[str, Any]:
        self.was_read = True
        return {"type": "http.request", "body": BIG, "more_body": True}


def _status(asgi, endless: Endless, path: str, headers: dict[str, str]) -> int:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": raw, "query_string": b""}
    asyncio.run(asgi(scope, endless.receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize(
    ("role", "status", "was_read"),
    [(None, 401, False), (Role.VIEWER, 403, False), (Role.RESPONDER, 413, True)],
)
def test_an_upload_is_received_only_from_who_may_respond(app, bearer, path, role, status, was_read) -> None:
    endless = Endless()
    assert _status(_django(app), endless, path, bearer(role) if role else {}) == status
    assert endless.was_read is was_read


@pytest.fixture
def spooled(monkeypatch) -> list[str | None]:
    """Note the folder of every temporary file."""
    made: list[str | None] = []
    real = tempfile._get_default_tempdir
    monkeypatch.setattr(tempfile, "_get_default_tempdir", lambda *_: made.append("tmp") or real())
    monkeypatch.setattr(tempfile, "tempdir", None)
    return made


def test_a_large_exhibit_is_kept_whole_and_never_lies_in_tmp(client, bearer, opened, spooled, app) -> None:
    content = bytes(range(256)) * 20_000
    answer = client.post(
        UPLOADS[1], headers=bearer(Role.RESPONDER), data=FORM, files={"file": ("disk.img", content)}
    )
    assert (answer.status_code, answer.json()["size"]) == (200, len(content))
    assert spooled == []
    assert Path(settings.FILE_UPLOAD_TEMP_DIR).is_relative_to(os.environ["TOCSIN_HOME"])
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_a_signed_in_browser_may_send_an_exhibit(client, opened, sqlite_store) -> None:
    accounts = Accounts(sqlite_store)
    accounts.create("ben", "Ben", Role.RESPONDER)
    browser = Client()
    browser.force_login(accounts.by_username("ben"))
    cookie = {"Cookie": f"tocsin_session={browser.cookies['tocsin_session'].value}"}
    answer = client.post(UPLOADS[0], headers=cookie, data=FORM, files={"file": ("a.bin", BIG)})
    assert answer.status_code == 403, "it came to Django, which misses its token against forged forms"
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_body_in_chunks_is_seen_by_django(client, bearer, opened) -> None:
    answer = client.post(
        "/api/v1/incidents/INC-1/notes",
        headers={**bearer(Role.RESPONDER), "Content-Type": "application/json"},
        content=iter([b'{"text": ', b'"seen"}']),
    )
    assert answer.status_code == 200


def test_who_stalls_is_given_up(app, monkeypatch) -> None:
    monkeypatch.setattr(vestibule, "SMALL_WITHIN_S", 0.05)

    class Stalling(Endless):
        async def receive(self) -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

    async def inside(*_: object) -> None:
        raise AssertionError("nothing came in whole")

    door = Vestibule(inside, None, 0, Turnstile(1))
    assert _status(door, Stalling(), "/sign-in", {}) == 408


def test_what_is_no_request_passes(app) -> None:
    seen: list[str] = []

    async def inside(scope: Any, *_: object) -> None:
        seen.append(scope["type"])

    asyncio.run(Vestibule(inside, None, 0, Turnstile(1))({"type": "websocket"}, None, None))
    assert seen == ["websocket"]
