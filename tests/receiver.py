"""A webhook receiver on this machine that writes down what it gets, and holds or refuses it when told."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + base64.b64encode(b"a secret that only tests know").decode()
TOLD = "/told"
"""Where groups of alerts are told; those who tell them sign nothing."""


@dataclass(frozen=True)
class Posted:
    """One message as the receiver got it; `at` is seconds on the monotonic clock."""

    path: str
    key: str
    message: dict[str, Any]
    at: float

    @property
    def is_page(self) -> bool:
        return bool(self.message.get("is_page"))


@dataclass
class Receiver:
    """Every message it got, signature checked, in order. `status` is what it answers."""

    url: str = ""
    status: int = 204
    posted: list[Posted] = field(default_factory=list)
    forged: int = 0
    _may_answer: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Read what comes, but answer only after `release`."""
        self._may_answer.clear()

    def release(self) -> None:
        self._may_answer.set()

    def pages(self, path: str = "/") -> list[Posted]:
        return [one for one in tuple(self.posted) if one.is_page and one.path.startswith(path)]

    def keys(self) -> Counter[str]:
        """Return how often each page came, by its key: a receiver that honours the key sees each once."""
        return Counter(one.key for one in self.pages())

    def notifications(self) -> list[Posted]:
        """Return what Alertmanager's webhook told at the path /told."""
        return [one for one in tuple(self.posted) if one.path.startswith(TOLD)]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if path.startswith(TOLD):
            key = headers["idempotency-key"]
            self.posted.append(Posted(path, key, json.loads(body), time.monotonic()))
            self._may_answer.wait()
            return self.status
        try:
            Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError:
            self.forged += 1
            return 401
        self.posted.append(Posted(path, headers["webhook-id"], json.loads(body)["data"], time.monotonic()))
        self._may_answer.wait()
        return self.status


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port for the length of a block."""
    told = Receiver()
    told.release()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                # The sender was killed in the middle of its request.
                return
            status = told.take(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            # Whoever was killed meanwhile waits for no answer.
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        told.release()
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as told:
        yield told
