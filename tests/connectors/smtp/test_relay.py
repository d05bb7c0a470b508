"""The mail server's URL is read once, and a fault in it is told without the password."""

from __future__ import annotations

import pytest

from tocsin.connectors.secret import Secret
from tocsin.connectors.smtp.relay import relay_of
from tocsin.domain.errors import Misconfigured


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls", "is_starttls", "user", "password"),
    [
        ("smtp://u:p%40ss@mail.example:2525?starttls=true", "mail.example", 2525, False, True, "u", "p@ss"),
        ("smtps://u%40x:p@mail.example", "mail.example", 465, True, False, "u@x", "p"),
        ("smtp://mail.example", "mail.example", 587, False, False, "", ""),
        ("smtp://u:p@mail.example?starttls=FALSE", "mail.example", 587, False, False, "u", "p"),
        ("smtp://[::1]:25", "::1", 25, False, False, "", ""),
        (" smtp://mail.example/ ", "mail.example", 587, False, False, "", ""),
    ],
)
def test_a_url_is_read(
    url: str, host: str, port: int, is_tls: bool, is_starttls: bool, user: str, password: str
) -> None:
    relay = relay_of(Secret(url))
    assert (relay.host, relay.port, relay.is_tls, relay.is_starttls) == (host, port, is_tls, is_starttls)
    assert (relay.user, relay.password.reveal()) == (user, password)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example:25",
        "http://u:topsecret@mail.example",
        "smtp://u:topsecret@",
        "smtp://u:topsecret@mail.example:port",
        "smtp://u:topsecret@mail.example:99999",
        "smtp://u:topsecret@mail.example?starttls=maybe",
        "smtp://u:topsecret@mail.example?tls=true",
        "smtps://u:topsecret@mail.example?starttls=true",
        "smtp://u:topsecret@[::1",
        "smtp://u:topsecret@почта.example?starttls=true",
    ],
)
def test_a_fault_is_told_without_the_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_SMTP_URL") as wrong:
        relay_of(Secret(url))
    assert "topsecret" not in wrong.value.explain()


def test_a_password_travels_in_the_clear_only_if_that_is_written_out() -> None:
    with pytest.raises(Misconfigured, match="no TLS"):
        relay_of(Secret("smtp://u:p@mail.example"))
