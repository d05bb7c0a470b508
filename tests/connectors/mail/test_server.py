"""The SMTP door: 250 only for what is kept, 451 for later, 550 for the rest."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from served import free_port
from tocsin.connectors.hook import Forged
from tocsin.connectors.mail.server import MOST_BYTES, MailServer
from tocsin.domain.errors import Misconfigured, NotFound, Overloaded

GOOD = "nas+k1234567@alerts.example"
LETTER = b"Subject: Disk full\r\n\r\nIt is slow.\r\n"


class Heard:
    """Records what came; raises what it is told to."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, bytes]] = []
        self.refused: list[str] = []
        self.refusal: Exception | None = None

    def __call__(self, source: str, key: str, body: bytes, sender: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.letters.append((source, key, body))

    def refuse(self, sender: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.refused.append(sender)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def server(heard: Heard) -> Iterator[MailServer]:
    server = MailServer("127.0.0.1", free_port(), heard, heard.refuse)
    assert server.round() > 0
    yield server
    server.close()


def _send(server: MailServer, to: list[str], letter: bytes = LETTER) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as smtp:
        return smtp.sendmail("nas@example.org", to, letter)


def test_a_mail_is_kept_for_its_source(server: MailServer, heard: Heard) -> None:
    assert _send(server, [GOOD]) == {}
    ((source, key, body),) = heard.letters
    assert (source, key) == ("nas", "k1234567")
    assert body == LETTER


@pytest.mark.parametrize("address", ["ada@alerts.example", "nas+short@x", "NAS+k1234567@x", "nas+k1234567"])
def test_an_address_of_another_form_is_nobodys(server: MailServer, heard: Heard, address: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        _send(server, [address])
    assert (heard.letters, heard.refused) == ([], ["127.0.0.1"])


def test_a_refusal_that_could_not_be_written_down_is_none_for_good(server: MailServer, heard: Heard) -> None:
    heard.refusal = Overloaded("a", means="b", next_step="c")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        _send(server, ["ada@alerts.example"])
    assert refused.value.recipients["ada@alerts.example"][0] == 451


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Forged("its token is unknown"), 550),
        (NotFound("a", means="b", next_step="c"), 550),
        (Overloaded("a", means="b", next_step="c"), 451),
    ],
)
def test_what_was_not_kept_is_not_accepted(server, heard, refusal: Exception, code: int) -> None:
    heard.refusal = refusal
    with pytest.raises(smtplib.SMTPDataError) as refused:
        _send(server, [GOOD])
    assert refused.value.smtp_code == code


def test_a_mail_that_is_too_large_is_refused(server: MailServer, heard: Heard) -> None:
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)):
        _send(server, [GOOD], LETTER + b"x" * 80 * 1024 * 70)
    assert heard.letters == []
    assert MOST_BYTES == 5 * 1024 * 1024


def test_more_than_ten_recipients_are_too_many(server: MailServer, heard: Heard) -> None:
    refused = _send(server, [f"nas{n}+k1234567@x" for n in range(11)])
    assert len(refused) == 1
    assert len(heard.letters) == 10


def test_a_port_that_is_taken_is_explained(server: MailServer, heard: Heard) -> None:
    with pytest.raises(Misconfigured, match="cannot be opened"):
        MailServer("127.0.0.1", server.port, heard, heard.refuse).round()
