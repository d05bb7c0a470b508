"""Partners that run on this machine and keep their own rules: HTTP, Slack, mail, and bad ones."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from http_partner import HttpPartner, http_partner

# Each service's fake lies beside that service's tests, and the contract test needs them all.
sys.path.extend(sorted({str(fake.parent) for fake in Path(__file__).parent.glob("*/fake_*.py")}))
from fake_agentidp import FakeAgentIdP
from fake_browser import FakeBrowser
from fake_components import FakeComponents
from fake_github import FakeGitHub
from fake_graph import FakeGraph
from fake_jira import FakeJira
from fake_ntfy import FakeNtfy
from fake_pagerduty import FakePagerDuty
from fake_pagerduty_rest import FakePagerDutyRest
from fake_service_management import FakeServiceManagement
from fake_slack import FakeSlack
from fake_statuspage import FakeStatuspage
from fake_teams import FakeTeams
from fake_twilio import FakeTwilio
from fake_workspace import FakeWorkspace


@pytest.fixture
def partner() -> Iterator[HttpPartner]:
    with http_partner(HttpPartner()) as running:
        yield running


@pytest.fixture
def agentidp() -> Iterator[FakeAgentIdP]:
    fake = FakeAgentIdP()
    with http_partner(fake):
        yield fake


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    fake = FakeGraph()
    with http_partner(fake):
        yield fake


@pytest.fixture
def workspace() -> Iterator[FakeWorkspace]:
    fake = FakeWorkspace()
    with http_partner(fake):
        yield fake


@pytest.fixture
def pagerduty_rest() -> Iterator[FakePagerDutyRest]:
    fake = FakePagerDutyRest()
    with http_partner(fake):
        yield fake


@pytest.fixture
def components() -> Iterator[FakeComponents]:
    fake = FakeComponents()
    with http_partner(fake):
        yield fake


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    with http_partner(fake):
        yield fake


@pytest.fixture
def jira() -> Iterator[FakeJira]:
    fake = FakeJira()
    with http_partner(fake):
        yield fake


@pytest.fixture
def pagerduty() -> Iterator[FakePagerDuty]:
    fake = FakePagerDuty()
    with http_partner(fake):
        yield fake


@pytest.fixture
def service_management() -> Iterator[FakeServiceManagement]:
    fake = FakeServiceManagement()
    with http_partner(fake):
        yield fake


@pytest.fixture
def teams() -> Iterator[FakeTeams]:
    fake = FakeTeams()
    with http_partner(fake):
        yield fake


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    with http_partner(fake):
        yield fake


@pytest.fixture
def browser() -> Iterator[FakeBrowser]:
    fake = FakeBrowser()
    with http_partner(fake):
        yield fake


@pytest.fixture
def ntfy() -> Iterator[FakeNtfy]:
    fake = FakeNtfy()
    with http_partner(fake):
        yield fake


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    fake = FakeTwilio()
    with http_partner(fake):
        yield fake


@pytest.fixture
def statuspage() -> Iterator[FakeStatuspage]:
    fake = FakeStatuspage()
    with http_partner(fake):
        yield fake


@dataclass
class FakeMailServer:
    """A mail server with one account; `says` gives the answer to a command, 250 unless told."""

    user: str = "tocsin"
    password: str = "a-very-secret-password"
    says: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" not in self.says:
            envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 OK")

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.says.get("MAIL", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" not in self.says:
            content = envelope.content
            assert isinstance(content, bytes)
            self.raw.append(content)
            letter: Mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        return self.says.get("DATA", "250 OK")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, given: Any
    ) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (
            self.user.encode(),
            self.password.encode(),
        )
        return AuthResult(success=is_right, handled=False)


@contextmanager
def mail_server(
    fake: FakeMailServer, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[FakeMailServer]:
    fake.port = free_port()
    controller = Controller(
        fake,
        hostname="127.0.0.1",
        port=fake.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=fake.authenticate,
        auth_require_tls=starttls is not None,
    )
    controller.start()
    try:
        yield fake
    finally:
        controller.stop()


@pytest.fixture
def mail() -> Iterator[FakeMailServer]:
    with mail_server(FakeMailServer()) as running:
        yield running


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def dead_port() -> int:
    """A port where nobody listens."""
    return free_port()


Script = Callable[[socket.socket, threading.Event], None]


def say_nothing(talk: socket.socket, stop: threading.Event) -> None:
    stop.wait()


def drip(start: bytes, drop: bytes) -> Script:
    """Make a server that says something, then one drop after another, never finishing."""

    def script(talk: socket.socket, stop: threading.Event) -> None:
        talk.sendall(start)
        while not stop.wait(0.02):
            talk.sendall(drop)

    return script


def hang_up(talk: socket.socket, stop: threading.Event) -> None:
    """Close without a word."""


@contextmanager
def raw_server(script: Script) -> Iterator[int]:
    """Run a server of bare sockets; yields its port."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def talk_to(talk: socket.socket) -> None:
        with talk, suppress(OSError):
            script(talk, stop)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk_to, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@dataclass(frozen=True)
class Bad:
    """Servers that misbehave, started on demand."""

    stack: ExitStack
    say_nothing: Script = say_nothing
    hang_up: Script = hang_up
    drip: Callable[[bytes, bytes], Script] = drip

    def serve(self, script: Script) -> int:
        """Start one and return its port."""
        return self.stack.enter_context(raw_server(script))


@pytest.fixture
def bad() -> Iterator[Bad]:
    with ExitStack() as stack:
        yield Bad(stack)


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 and localhost that only `trust` believes."""

    server: ssl.SSLContext
    trust: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder: Path = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return Certificate(server, ssl.create_default_context(cadata=pem.decode()))


@pytest.fixture
def serve_http() -> Iterator[Callable[[HttpPartner, ssl.SSLContext | None], HttpPartner]]:
    with ExitStack() as stack:
        yield lambda partner, tls: stack.enter_context(http_partner(partner, tls))


@pytest.fixture
def serve_mail() -> Iterator[Callable[..., FakeMailServer]]:
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(mail_server(FakeMailServer(), **how))
