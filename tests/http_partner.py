"""An HTTP partner on this machine that writes down what it gets and answers as it is told."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Received:
    """One request as a partner got it."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


@dataclass
class HttpPartner:
    """An HTTP server on this machine that writes down what it gets and answers as it is told."""

    reply: Callable[[Received], Reply] = lambda received: (200, {}, b"fine")
    received: list[Received] = field(default_factory=list)
    url: str = ""


@contextmanager
def http_partner(partner: HttpPartner, tls: ssl.SSLContext | None = None) -> Iterator[HttpPartner]:
    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            named = {name.lower(): value for name, value in self.headers.items()}
            got = Received(self.path, named, body, self.command)
            partner.received.append(got)
            status, headers, answer = partner.reply(got)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(answer))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(answer)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = True
    scheme = "http"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    partner.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/"
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()


def replayed(partner: HttpPartner, captured: dict[str, Any], prefix: str) -> int:
    """Send a partner what a real client once sent, and return the status; `prefix` is cut off the path."""
    body = json.dumps(captured["json"]).encode() if "json" in captured else captured["body"].encode()
    kept = ("Authorization", "Content-Type", "Accept")
    request = Request(
        partner.url + captured["path"].removeprefix(prefix),
        data=body or None,
        headers={name: text for name, text in captured["headers"].items() if name in kept},
        method=captured["method"],
    )
    try:
        with urlopen(request) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code
