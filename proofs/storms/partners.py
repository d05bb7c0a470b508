"""A partner on this machine that answers well or badly, by path, and writes down what it accepted."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Manner = Callable[[BaseHTTPRequestHandler], int]
"""How one request is answered; returns the status, 0 when it is no answer."""
FINE = b'{"id": "1", "time": 1, "event": "message", "topic": "t", "ok": true, "status": "ok"}'
_NAME = re.compile(rb"\bQ[a-z]+\d+\b")


@dataclass(frozen=True)
class Got:
    """One request that was answered with success: the alerts it speaks of, and when (monotonic seconds)."""

    path: str
    key: str
    names: frozenset[str]
    body: bytes
    at: float


def answering(status: int, body: bytes = FINE, **headers: str) -> Manner:
    """Answer at once; a header's underscores are dashes."""

    def answer(door: BaseHTTPRequestHandler) -> int:
        door.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            door.send_header(name.replace("_", "-"), value)
        door.end_headers()
        door.wfile.write(body)
        return status

    return answer


def hanging(seconds: float = 60.0) -> Manner:
    """Say nothing for a time, then hang up."""

    def hang(door: BaseHTTPRequestHandler) -> int:
        time.sleep(seconds)
        return 0

    return hang


def dripping(door: BaseHTTPRequestHandler) -> int:
    """Send a byte of the answer now and then."""
    door.send_response(200)
    door.send_header("Content-Length", "10000")
    door.end_headers()
    for _ in range(120):
        door.wfile.write(b" ")
        door.wfile.flush()
        time.sleep(0.5)
    return 0


def flooding(door: BaseHTTPRequestHandler) -> int:
    """Answer with 50 MB."""
    door.send_response(200)
    door.send_header("Content-Length", str(50 << 20))
    door.end_headers()
    for _ in range(50):
        door.wfile.write(b"x" * (1 << 20))
    return 0


@dataclass
class Partner:
    """`manners` says by the first part of the path how to answer; all else is answered well."""

    manners: dict[str, Manner] = field(default_factory=dict)
    usual: Manner = field(default_factory=lambda: answering(200))
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    got: list[Got] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def take(self, door: BaseHTTPRequestHandler, body: bytes) -> None:
        kind = door.path.split("?")[0].strip("/").split("/")[0]
        self.asked[kind] += 1
        at = time.monotonic()
        status = self.manners.get(kind, self.usual)(door)
        if 200 <= status < 300:
            names = frozenset(name.decode() for name in _NAME.findall(body))
            self.got.append(Got(door.path, door.headers.get("webhook-id", ""), names, body, at))

    def firsts(self, mark: bytes = b"") -> dict[str, float]:
        """Return when each alert was first told of, in requests whose path or body holds `mark`."""
        first: dict[str, float] = {}
        for one in tuple(self.got):
            if mark in one.body or mark in one.path.encode():
                for name in one.names:
                    first.setdefault(name, one.at)
        return first


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    partner: Partner

    def finish_request(self, request: Any, client_address: Any) -> None:
        # A client that hangs up or does not like our certificate is part of the test.
        with suppress(OSError):
            if self.partner.tls is not None:
                request.settimeout(20)
                request = self.partner.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def serving(partner: Partner) -> Iterator[Partner]:
    """Run a partner on a free port for the length of a block."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            partner.take(self, body)

        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Door)
    server.partner = partner
    partner.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Certificates:
    """An authority of our own (`trusted` is its file), a good certificate, and one that has expired."""

    trusted: Path
    good: ssl.SSLContext
    expired: ssl.SSLContext


def certificates(folder: Path) -> Certificates:
    """Make them in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of a proof")])
    authority = _certificate(name, name, key, key, (now - timedelta(days=9), now + timedelta(days=9)))
    trusted = folder / "authority.pem"
    trusted.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])

    def context(file: str, begin: datetime, end: datetime) -> ssl.SSLContext:
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = _certificate(own, name, leaf_key, key, (begin, end))
        path = folder / file
        path.write_bytes(
            leaf.public_bytes(serialization.Encoding.PEM)
            + leaf_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        return made

    good = context("good.pem", now - timedelta(days=1), now + timedelta(days=1))
    return Certificates(trusted, good, context("old.pem", now - timedelta(days=3), now - timedelta(days=2)))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
) -> x509.Certificate:
    is_authority = subject == issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())
