"""Real sockets: what is sent is kept, by whoever may send, and a full disk holds the sender back."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nouns import NOON
from tocsin.app.settings import SETTINGS
from tocsin.connectors.syslog import server as server_module
from tocsin.connectors.syslog.server import Doors, SyslogServer
from tocsin.connectors.syslog.setup import build
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured, Overloaded

LOCAL = Doors(port=0, allowed=(ip_network("127.0.0.0/8"),))
WITHIN_S = 15.0
MOST_STUFFED = 200_000_000


@dataclass
class Kept:
    """What the server has kept; it can be told to be full."""

    lines: list[bytes] = field(default_factory=list)
    is_full: bool = False

    def append(self, lines) -> None:
        if self.is_full:
            raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")
        self.lines.extend(lines)

    def messages(self) -> list[str]:
        return [orjson.loads(line)["message"] for line in self.lines]


def wait_until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not look():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextmanager
def serving(doors: Doors, kept: Kept) -> Iterator[SyslogServer]:
    """Run the server in a thread, as the worker does, until the block ends."""
    server = SyslogServer(doors, kept.append, PushedClock(NOON))
    stop = threading.Event()

    def turn() -> None:
        loop = asyncio.new_event_loop()
        while not stop.is_set():
            loop.run_until_complete(server.serve_for(0.02))
        loop.run_until_complete(server.close())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    wait_until(lambda: server._task is not None)
    try:
        yield server
    finally:
        stop.set()
        thread.join(WITHIN_S)
        assert not thread.is_alive()


def connected(server: SyslogServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.ports[0]), timeout=10)


def send(port: int, *chunks: bytes, wrap: ssl.SSLContext | None = None) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        talk = wrap.wrap_socket(plain, server_hostname="localhost") if wrap else plain
        for chunk in chunks:
            talk.sendall(chunk)
        if isinstance(talk, ssl.SSLSocket):
            talk.unwrap()


def test_both_framings_are_kept_over_one_connection() -> None:
    kept = Kept()
    with serving(LOCAL, kept) as server:
        send(server.ports[0], b"<34>1 - h a - - - one\n2", b"1 <34>1 - h a - - - two<34>1 - h a - - - three")
        wait_until(lambda: len(kept.lines) == 3)
    assert kept.messages() == ["one", "two", "three"]
    assert orjson.loads(kept.lines[0])["peer"] == "127.0.0.1"


def test_many_senders_at_once_lose_nothing() -> None:
    kept = Kept()
    with serving(LOCAL, kept) as server:
        stream = b"".join(b"<34>1 - h a - - - m%d\n" % n for n in range(500))
        senders = [threading.Thread(target=send, args=(server.ports[0], stream)) for _ in range(20)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(WITHIN_S)
        wait_until(lambda: len(kept.lines) == 10_000)
    assert sorted(kept.messages()) == sorted([f"m{n}" for n in range(500)] * 20)


def test_a_stranger_is_not_heard() -> None:
    kept = Kept()
    strangers = replace(LOCAL, allowed=(ip_network("10.0.0.0/8"),))
    with serving(strangers, kept) as server, connected(server) as talk:
        assert talk.recv(1) == b""
    assert kept.lines == []


def test_lost_framing_ends_the_connection_and_keeps_what_was_whole() -> None:
    kept = Kept()
    with serving(LOCAL, kept) as server, connected(server) as talk:
        talk.sendall(b"<34>1 - h a - - - whole\n")
        wait_until(lambda: len(kept.lines) == 1)
        talk.sendall(b"12345678901234")
        assert talk.recv(1) == b""
    assert kept.messages() == ["whole"]


def test_a_full_disk_holds_the_sender_back_and_loses_nothing() -> None:
    kept = Kept(is_full=True)
    line = b"<34>1 - h a - - - " + b"x" * 1000 + b"\n"
    with serving(LOCAL, kept) as server:
        assert server._batching is not None
        server._batching.try_again_s = 0.01
        with connected(server) as talk:
            sent = _stuffed(talk, line * 100)
            assert sent < MOST_STUFFED
            kept.is_full = False
        wait_until(lambda: len(kept.lines) >= sent // len(line))


def _stuffed(talk: socket.socket, chunk: bytes) -> int:
    """Send until nothing more is taken, and return how many bytes were."""
    talk.settimeout(0.3)
    sent = 0
    with suppress(TimeoutError):
        while sent < MOST_STUFFED:
            sent += talk.send(chunk)
    return sent


def test_datagrams_are_kept_too_while_there_is_room(monkeypatch, caplog) -> None:
    kept = Kept()
    doors = replace(LOCAL, port=None, udp_port=0)
    with serving(doors, kept) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talk:
        talk.sendto(b"<34>1 - h a - - - hello\n", ("127.0.0.1", server.ports[0]))
        wait_until(lambda: len(kept.lines) == 1)
        talk.sendto(b"", ("127.0.0.1", server.ports[0]))
        monkeypatch.setattr("tocsin.connectors.syslog.batching.MOST_LINES", 0)
        talk.sendto(b"<34>lost", ("127.0.0.1", server.ports[0]))
        wait_until(lambda: "are lost" in caplog.text)
    assert kept.messages() == ["hello"]


def test_there_is_a_most_of_connections(monkeypatch) -> None:
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 1)
    with serving(LOCAL, Kept()) as server, connected(server):
        wait_until(lambda: len(server._open) == 1)
        with connected(server) as second:
            assert second.recv(1) == b""


def test_a_port_that_is_taken_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = SyslogServer(replace(LOCAL, port=taken.getsockname()[1]), Kept().append, PushedClock(NOON))
        with pytest.raises(Misconfigured, match="cannot be opened"):
            asyncio.run(server.serve_for(0))


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Path:
    """Return a folder with a certificate for this machine and its key; it is its own authority."""
    folder: Path = tmp_path_factory.mktemp("papers")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder


def tls_doors(papers: Path, **more: str) -> Doors:
    values = {setting.name: setting.default for setting in SETTINGS}
    values |= {
        "TOCSIN_SYSLOG_TLS_PORT": "0",
        "TOCSIN_SYSLOG_CERT": str(papers / "cert.pem"),
        "TOCSIN_SYSLOG_KEY": str(papers / "key.pem"),
        **more,
    }
    doors = build(values)
    assert doors is not None
    return doors


def test_over_tls_the_same_is_kept(papers) -> None:
    kept = Kept()
    trust = ssl.create_default_context(cafile=str(papers / "cert.pem"))
    with serving(tls_doors(papers), kept) as server:
        send(server.ports[0], b"21 <34>1 - h a - - - two", wrap=trust)
        wait_until(lambda: len(kept.lines) == 1)
    assert kept.messages() == ["two"]


def test_with_an_authority_only_a_certificate_lets_in_from_wherever(papers) -> None:
    kept = Kept()
    doors = tls_doors(
        papers, TOCSIN_SYSLOG_CLIENT_CA=str(papers / "cert.pem"), TOCSIN_SYSLOG_ALLOW="10.0.0.0/8"
    )
    bare = ssl.create_default_context(cafile=str(papers / "cert.pem"))
    known = ssl.create_default_context(cafile=str(papers / "cert.pem"))
    known.load_cert_chain(papers / "cert.pem", papers / "key.pem")
    with serving(doors, kept) as server:
        with suppress(OSError), connected(server) as plain:
            # With TLS 1.3 a client learns only from the answer that its certificate was missing.
            talk = bare.wrap_socket(plain, server_hostname="localhost")
            talk.sendall(b"<34>forged\n")
            assert talk.recv(1) == b""
        send(server.ports[0], b"<34>1 - h a - - - known\n", wrap=known)
        wait_until(lambda: len(kept.lines) == 1)
    assert kept.messages() == ["known"]
