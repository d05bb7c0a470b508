"""Mail goes out through a real server, and what the server says is understood as what it means."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.connectors.secret import Secret
from tocsin.connectors.smtp.channel import SmtpChannel, sorted_failure
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.fence import HoldLost, fenced
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

RETRY, REFUSED = FailureKind.RETRY_LATER, FailureKind.REFUSED
WRONG, UNKNOWN = FailureKind.MISCONFIGURED, FailureKind.UNKNOWN
CLOCK = PushedClock(datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC))
BEN = "ben@tocsin.example"
MESSAGE = Message(
    key="page:7c1f",
    subject="P1 Critical: login failures",
    text="61 failures",
    link="https://tocsin.example/p/1",
    severity="P1",
    incident="INC-1",
    is_page=True,
)


def channel(mail: Any, **changes: Any) -> SmtpChannel:
    url = f"smtp://{mail.user}:{mail.password}@127.0.0.1:{mail.port}?starttls=false"
    return replace(SmtpChannel(Secret(url), "tocsin@tocsin.example", CLOCK, time_limit_s=5), **changes)


def failure(sender: SmtpChannel, address: str = BEN) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        sender.send(MESSAGE, address)
    return failed.value


def test_a_mail_arrives_and_a_repeat_has_the_same_id(mail: Any) -> None:
    receipts = [channel(mail).send(MESSAGE, BEN) for _ in range(2)]
    assert [letter["Subject"] for letter in mail.letters] == ["P1 Critical: login failures"] * 2
    assert len({letter["Message-ID"] for letter in mail.letters}) == 1
    assert mail.letters[0]["Message-ID"] in receipts[0].answer


def test_no_mail_is_handed_over_once_the_job_behind_it_was_lost(mail: Any) -> None:
    with fenced(lambda: False), pytest.raises(HoldLost):
        channel(mail).send(MESSAGE, BEN)
    assert mail.letters == []


def test_a_server_without_an_account_is_used_without_signing_in(mail: Any) -> None:
    channel(mail, url=Secret(f"smtp://127.0.0.1:{mail.port}")).send(MESSAGE, BEN)
    assert len(mail.letters) == 1


def test_dots_and_commands_in_the_text_stay_text(mail: Any) -> None:
    text = "a\r\n.\r\nQUIT\r\n..\r\nMAIL FROM:<eve@evil.example>"
    channel(mail).send(replace(MESSAGE, text=text, subject="x\r\nBcc: eve@evil.example"), BEN)
    (letter,) = mail.letters
    assert text.replace("\r\n", "\n") in letter.get_content().replace("\r\n", "\n")
    assert (letter["Bcc"], letter["Subject"]) == (None, "x Bcc: eve@evil.example")


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("RCPT", "550 no such user", REFUSED),
        ("RCPT", "450 mailbox busy", RETRY),
        ("RCPT", "530 sign in first", WRONG),
        ("MAIL", "553 not your address", WRONG),
        ("MAIL", "451 later", RETRY),
        ("DATA", "554 looks like spam", REFUSED),
        ("DATA", "452 disk full", RETRY),
    ],
)
def test_an_answer_has_its_kind(mail: Any, command: str, answer: str, kind: FailureKind) -> None:
    mail.says[command] = answer
    failed = failure(channel(mail))
    assert (failed.kind, mail.letters) == (kind, [])
    assert answer in failed.reason


def test_a_wrong_password_is_misconfigured_and_not_told(mail: Any) -> None:
    url = Secret(f"smtp://{mail.user}:wrong-topsecret@127.0.0.1:{mail.port}?starttls=false")
    failed = failure(channel(mail, url=url))
    assert (failed.kind, "topsecret" in failed.reason) == (WRONG, False)


@pytest.mark.parametrize("address", ["", "ben", "ben@a.example\r\nDATA", "ben@a.example,eve@b.example"])
def test_what_is_no_address_is_misconfigured(mail: Any, address: str) -> None:
    assert failure(channel(mail), address).kind is WRONG


def test_tls_is_checked_by_both_ways(serve_mail: Callable[..., Any], certificate: Any) -> None:
    implicit, upgraded = serve_mail(tls=certificate.server), serve_mail(starttls=certificate.server)
    urls = (
        (implicit, f"smtps://127.0.0.1:{implicit.port}"),
        (upgraded, f"smtp://{upgraded.user}:{upgraded.password}@localhost:{upgraded.port}?starttls=true"),
    )
    for server, url in urls:
        assert failure(channel(server, url=Secret(url))).kind is WRONG
        channel(server, url=Secret(url), tls=certificate.trust).send(MESSAGE, BEN)
        assert len(server.letters) == 1


def test_a_server_that_cannot_start_tls_gets_no_password(mail: Any) -> None:
    url = Secret(f"smtp://{mail.user}:{mail.password}@127.0.0.1:{mail.port}?starttls=true")
    assert (failure(channel(mail, url=url)).kind, mail.letters) == (WRONG, [])


@pytest.mark.parametrize("greeting", [b"554 no service\r\n", b"421 too busy\r\n", b"nonsense\r\n"])
def test_a_server_that_does_not_welcome_us_is_tried_again(mail: Any, bad: Any, greeting: bytes) -> None:
    port = bad.serve(lambda talk, stop: talk.sendall(greeting))
    assert failure(channel(mail, url=Secret(f"smtp://127.0.0.1:{port}"))).kind is RETRY


def test_a_server_gone_after_it_accepted_is_a_success(mail: Any, bad: Any) -> None:
    def accept_and_vanish(talk: Any, stop: Any) -> None:
        talk.sendall(b"220 hi\r\n")
        for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            talk.recv(65536)
            talk.sendall(answer)
        received = b""
        while not received.endswith(b"\r\n.\r\n"):
            received += talk.recv(65536)
        talk.sendall(b"250 accepted\r\n")

    port = bad.serve(accept_and_vanish)
    assert channel(mail, url=Secret(f"smtp://127.0.0.1:{port}")).send(MESSAGE, BEN).answer


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (smtplib.SMTPRecipientsRefused({}), REFUSED),
        (smtplib.SMTPAuthenticationError(454, b"later"), RETRY),
        (smtplib.SMTPNotSupportedError("no AUTH"), WRONG),
        (smtplib.SMTPServerDisconnected("gone"), RETRY),
        (smtplib.SMTPException("something new"), UNKNOWN),
        (ssl.SSLCertVerificationError("self-signed"), WRONG),
        (TimeoutError("slow"), RETRY),
        (smtplib.SMTPResponseException(599, "text, not bytes"), REFUSED),
    ],
)
def test_every_error_of_the_library_is_sorted(error: Exception, kind: FailureKind) -> None:
    found, reason = sorted_failure(error)
    assert (found, bool(reason), "\n" in reason) == (kind, True, False)


@pytest.mark.parametrize("sender", ["", "Tocsin <tocsin@tocsin.example>", "tocsin"])
def test_a_wrong_sender_is_found_at_the_start(sender: str) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_SMTP_FROM"):
        SmtpChannel(Secret("smtp://127.0.0.1"), sender, CLOCK)


def test_a_wrong_url_is_found_at_the_start() -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_SMTP_URL"):
        SmtpChannel(Secret("mail.example"), "tocsin@tocsin.example", CLOCK)
