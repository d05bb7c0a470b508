"""Hands mail to a server and sorts what it says."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.smtp.letter import is_mail_address, letter_of
from tocsin.connectors.smtp.relay import Relay, relay_of
from tocsin.connectors.trust import system_trust
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.fence import check_hold
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

TIME_LIMIT_S = 15.0
_LONGEST_SHOWN = 200
_AUTH_WRONG = frozenset({530, 534, 535, 538})
"""RFC 4954 section 6: what a server says when the account, not the mail, is the fault."""


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """Mail as a channel; the address is one mail address. Raises `Misconfigured` for a wrong setting."""

    url: Secret
    sender: str
    clock: Clock
    time_limit_s: float = TIME_LIMIT_S
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        relay_of(self.url)
        if not is_mail_address(self.sender):
            raise Misconfigured(
                "TOCSIN_SMTP_FROM is not one mail address.",
                means="The smtp channel is not set up; no mail goes out.",
                next_step="Set it to an address such as tocsin@example.org, without a name before it.",
            )

    @property
    def name(self) -> str:
        return "smtp"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Hand over one mail within the time limit. Raises `DeliveryFailed`."""
        if not is_mail_address(address):
            raise DeliveryFailed(FailureKind.MISCONFIGURED, "the address is not one mail address")
        letter = letter_of(message, self.sender, address, self.clock.now())
        relay = relay_of(self.url)
        try:
            self._hand_over(relay, letter, address)
        except (smtplib.SMTPException, OSError) as error:
            raise failure_of(error, relay.password, self.url) from None
        return Receipt(f"accepted by {relay.host} as {letter['Message-ID']}", str(letter["Message-ID"]))

    def _hand_over(self, relay: Relay, letter: EmailMessage, address: str) -> None:
        with connected(relay, self.sender, self.time_limit_s, self.tls) as client:
            if relay.user:
                client.login(relay.user, relay.password.reveal())
            check_hold()
            client.sendmail(self.sender, [address], letter.as_bytes())


@contextmanager
def connected(
    relay: Relay, sender: str, time_limit_s: float, tls: ssl.SSLContext | None
) -> Iterator[smtplib.SMTP]:
    """Connect, greet and start TLS; a server that drips its answers is cut off at the limit all the same."""
    greeting = sender.rpartition("@")[2]
    tls = tls or system_trust()
    client = (
        smtplib.SMTP_SSL(local_hostname=greeting, timeout=time_limit_s, context=tls)
        if relay.is_tls
        else smtplib.SMTP(local_hostname=greeting, timeout=time_limit_s)
    )
    limit = threading.Timer(time_limit_s, _cut_off, (client,))
    limit.daemon = True
    limit.start()
    try:
        # TLS checks the certificate against this name, which only a constructor that connects would set.
        client._host = relay.host  # type: ignore[attr-defined]
        code, words = client.connect(relay.host, relay.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        if relay.is_starttls:
            client.starttls(context=tls)
        yield client
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
    finally:
        limit.cancel()
        client.close()


def _cut_off(client: smtplib.SMTP) -> None:
    """End the connection under whoever is waiting on it."""
    sock = client.sock
    if sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def failure_of(error: Exception, *secrets: Secret) -> DeliveryFailed:
    """Make the failure of what went wrong: its kind, the server's words without secrets, and its code."""
    kind, reason = sorted_failure(error)
    return DeliveryFailed(kind, hidden_in(reason, *secrets), status=_code_of(error))


def _code_of(error: Exception) -> int | None:
    """Return the server's reply code, None where it said none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return int(codes[0]) if codes else None
    code = getattr(error, "smtp_code", None)
    return code if isinstance(code, int) and code > 0 else None


def sorted_failure(error: Exception) -> tuple[FailureKind, str]:
    """Return the kind and a reason on one line. 4xx codes pass, 5xx do not (RFC 5321 section 4.2.1)."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()), (550, b""))
            return _by_code(
                code, FailureKind.REFUSED
            ), f"the server refused the receiver: {_shown(code, words)}"
        case smtplib.SMTPAuthenticationError():
            kind = _by_code(error.smtp_code, FailureKind.MISCONFIGURED)
            return kind, f"the server refused the sign-in: {_shown(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPSenderRefused():
            kind = _by_code(error.smtp_code, FailureKind.MISCONFIGURED)
            return kind, f"the server refused the sender: {_shown(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPConnectError() | smtplib.SMTPHeloError():
            return (
                FailureKind.RETRY_LATER,
                f"the server took no mail: {_shown(error.smtp_code, error.smtp_error)}",
            )
        case smtplib.SMTPResponseException():
            kind = _by_code(error.smtp_code, FailureKind.REFUSED)
            return kind, f"the server refused the mail: {_shown(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return (
                FailureKind.MISCONFIGURED,
                f"the server cannot do what the settings ask: {_line(str(error))}",
            )
        case ssl.SSLCertVerificationError():
            return FailureKind.MISCONFIGURED, "the server shows a certificate that is not trusted"
        case smtplib.SMTPServerDisconnected() | OSError() if not _is_own(error):
            return FailureKind.RETRY_LATER, f"the server cannot be reached ({type(error).__name__})"
        case _:
            return FailureKind.UNKNOWN, f"the mail was not accepted: {_line(str(error))}"


def _is_own(error: Exception) -> bool:
    """Say whether it is one of smtplib's own errors (all are OSErrors) that has no meaning known to us."""
    return isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected)


def _by_code(code: int, final: FailureKind) -> FailureKind:
    if 400 <= code < 500:
        return FailureKind.RETRY_LATER
    return FailureKind.MISCONFIGURED if code in _AUTH_WRONG else final


def _shown(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return _line(f"{code} {text}")


def _line(text: str) -> str:
    return one_line(text, limit=_LONGEST_SHOWN)
