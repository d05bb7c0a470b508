"""What every channel promises, checked over real sockets against partners on this machine."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.connectors.inbox.channel import InboxChannel
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.channel import SlackChannel
from tocsin.connectors.smtp.channel import SmtpChannel
from tocsin.connectors.webhook.channel import WebhookChannel
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Overloaded
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import Channel, DeliveryFailed, FailureKind

CLOCK = PushedClock(datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC))
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
LIMIT_S = 0.4

MESSAGE = Message(
    key="page:7c1f0e6a:slack",
    subject="P1 Critical: login failures on agent-gateway",
    text="61 failed logins in 5 minutes.",
    link="https://tocsin.example/pages/7c1f0e6a?t=once",
    severity="P1",
    incident="INC-1",
    is_page=True,
    fields=(("Severity", "P1 Critical"), ("Service", "agent-gateway")),
    runbook_url="https://runbooks.example/login-failures",
)
HOSTILE = replace(
    MESSAGE,
    subject="<script>alert(1)</script>\r\nBcc: eve@evil.example\n\n<!channel> \u202egnp.exe\0 & 🔔"
    + "𝔸" * 400,
    text="<script>alert(1)</script>\r\n.\r\nQUIT\r\n<!channel> \u2066x\u2069 *bold* \0\x1b[31m 𝔸<&>" * 2000,
    fields=(
        ("<b>\r\nX-Evil: 1", "</b>\r\n\r\n" + "&" * 100_000),
        *((f"f{n}", "<" * 900) for n in range(200)),
    ),
    runbook_url="javascript:alert(1)",
)


def limit_for(port: int | None) -> float:
    """Return a short limit for the bad servers (they have a port), a patient one for the good partner."""
    return LIMIT_S if port else 20.0


@dataclass
class Rig:
    """One channel, its partner, and ways to make the partner misbehave."""

    channel: Callable[[int | None], Channel]
    address: Callable[[int | None], str]
    secrets: tuple[str, ...]
    count: Callable[[], int]
    failing: Mapping[FailureKind, Callable[[], None]]
    drip: tuple[bytes, bytes] = (b"", b"")


def slack_rig(request: pytest.FixtureRequest) -> Rig:
    slack = request.getfixturevalue("slack")

    def channel(port: int | None) -> Channel:
        url = f"http://127.0.0.1:{port}/" if port else slack.url
        return SlackChannel(Secret(slack.token), url, Outbound(time_limit_s=limit_for(port)))

    def fail(error: str) -> Callable[[], None]:
        return lambda: setattr(slack, "error", error)

    failing = {
        FailureKind.RETRY_LATER: fail("internal_error"),
        FailureKind.REFUSED: fail("msg_too_long"),
        FailureKind.MISCONFIGURED: fail("channel_not_found"),
        FailureKind.UNKNOWN: fail(f"something new, {slack.token}"),
    }
    drip = (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")
    return Rig(
        channel, lambda port: "C0INCIDENTS", (slack.token,), lambda: len(slack.messages), failing, drip
    )


def webhook_rig(request: pytest.FixtureRequest) -> Rig:
    partner = request.getfixturevalue("partner")

    def fail(status: int) -> Callable[[], None]:
        return lambda: setattr(partner, "reply", lambda got: (status, {}, f"no: {WHSEC}".encode()))

    failing = {
        FailureKind.RETRY_LATER: fail(503),
        FailureKind.REFUSED: fail(410),
        FailureKind.MISCONFIGURED: fail(401),
        FailureKind.UNKNOWN: fail(999),
    }
    return Rig(
        lambda port: WebhookChannel((Secret(WHSEC),), CLOCK, Outbound(time_limit_s=limit_for(port))),
        lambda port: f"http://127.0.0.1:{port}/secret-path" if port else f"{partner.url}secret-path",
        (WHSEC, "secret-path"),
        lambda: len(partner.received),
        failing,
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    )


def smtp_rig(request: pytest.FixtureRequest) -> Rig:
    mail = request.getfixturevalue("mail")

    def channel(port: int | None) -> Channel:
        url = f"smtp://{mail.user}:{mail.password}@127.0.0.1:{port or mail.port}?starttls=false"
        return SmtpChannel(Secret(url), "tocsin@tocsin.example", CLOCK, time_limit_s=limit_for(port))

    def fail(command: str, answer: str) -> Callable[[], None]:
        return lambda: mail.says.update({command: answer})

    failing = {
        FailureKind.RETRY_LATER: fail("RCPT", "451 try again"),
        FailureKind.REFUSED: fail("RCPT", f"550 no such user {mail.password}"),
        FailureKind.MISCONFIGURED: fail("MAIL", "553 you may not send as this"),
    }
    secrets = (mail.password,)
    return Rig(
        channel,
        lambda port: "ben@tocsin.example",
        secrets,
        lambda: len(mail.letters),
        failing,
        (b"", b"220-x\r\n"),
    )


@dataclass
class PretendStore:
    """A store with an inbox shelf alone, kept by the inbox's rules."""

    kept: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    is_full: bool = False

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        if self.is_full:
            raise Overloaded("The disk is full.", means="Nothing was kept.", next_step="Make room.")
        yield self

    @property
    def inbox(self) -> PretendStore:
        return self

    def keep(self, key: str, *rest: Any) -> bool:
        is_new = key not in self.kept
        self.kept.setdefault(key, rest)
        return is_new


def inbox_rig(request: pytest.FixtureRequest) -> Rig:
    store = PretendStore()
    failing = {FailureKind.RETRY_LATER: lambda: setattr(store, "is_full", True)}
    made: Any = InboxChannel(store, CLOCK)  # type: ignore[arg-type]
    return Rig(lambda port: made, lambda port: "ben", (), lambda: len(store.kept), failing)


RIGS = {"slack": slack_rig, "webhook": webhook_rig, "smtp": smtp_rig, "inbox": inbox_rig}
NETWORKED = ("slack", "webhook", "smtp")
FAILURES = [
    *(("slack", kind) for kind in FailureKind),
    *(("webhook", kind) for kind in FailureKind),
    *(("smtp", kind) for kind in FailureKind if kind is not FailureKind.UNKNOWN),
    ("inbox", FailureKind.RETRY_LATER),
]


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param](request)


@pytest.fixture(params=NETWORKED)
def networked(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param](request)


def failure_of(rig: Rig, port: int | None = None, message: Message = MESSAGE) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        rig.channel(port).send(message, rig.address(port))
    return failed.value


@pytest.mark.parametrize("name", RIGS)
def test_a_channel_is_named_as_its_folder_and_says_whether_it_reaches_anybody(
    name: str, request: pytest.FixtureRequest
) -> None:
    channel = RIGS[name](request).channel(None)
    assert (channel.name, channel.is_real) == (name, name != "inbox")


def test_a_message_arrives_and_is_receipted(rig: Rig) -> None:
    receipt = rig.channel(None).send(MESSAGE, rig.address(None))
    assert (rig.count(), bool(receipt.answer)) == (1, True)


def test_the_same_key_twice_is_no_fault(rig: Rig) -> None:
    for _ in range(2):
        assert rig.channel(None).send(MESSAGE, rig.address(None)).answer
    assert rig.count() in (1, 2)


def test_hostile_text_is_sent_without_harm(rig: Rig) -> None:
    rig.channel(None).send(HOSTILE, rig.address(None))
    assert rig.count() == 1


def test_empty_text_is_sent(rig: Rig) -> None:
    bare = replace(MESSAGE, subject="", text="", link="", fields=(), runbook_url="")
    rig.channel(None).send(bare, rig.address(None))
    assert rig.count() == 1


@pytest.mark.parametrize(("name", "kind"), FAILURES)
def test_each_failure_has_its_kind(name: str, kind: FailureKind, request: pytest.FixtureRequest) -> None:
    rig = RIGS[name](request)
    assert set(rig.failing) == {failure for partner, failure in FAILURES if partner == name}
    rig.failing[kind]()
    failed = failure_of(rig)
    assert (failed.kind, bool(failed.reason), len(failed.reason) < 500) == (kind, True, True)


def test_a_dead_partner_is_tried_again_later(networked: Rig, dead_port: int) -> None:
    assert failure_of(networked, dead_port).kind is FailureKind.RETRY_LATER


def test_a_partner_that_hangs_up_is_tried_again_later(networked: Rig, bad: Any) -> None:
    assert failure_of(networked, bad.serve(bad.hang_up)).kind is FailureKind.RETRY_LATER


def test_the_time_limit_holds_for_a_silent_partner(networked: Rig, bad: Any) -> None:
    started = time.monotonic()
    assert failure_of(networked, bad.serve(bad.say_nothing)).kind is FailureKind.RETRY_LATER
    assert time.monotonic() - started < LIMIT_S + 4


def test_the_time_limit_holds_for_a_partner_that_drips(networked: Rig, bad: Any) -> None:
    started = time.monotonic()
    assert failure_of(networked, bad.serve(bad.drip(*networked.drip))).kind is FailureKind.RETRY_LATER
    assert time.monotonic() - started < LIMIT_S + 4


@pytest.mark.parametrize("kind", FailureKind)
def test_secrets_are_in_no_log_reason_traceback_or_repr(
    networked: Rig, kind: FailureKind, caplog: pytest.LogCaptureFixture, dead_port: int
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = networked.channel(None)
    if kind in networked.failing:
        networked.failing[kind]()
    texts = [repr(channel), str(channel)]
    for port in (None, dead_port):
        try:
            networked.channel(port).send(MESSAGE, networked.address(port))
        except DeliveryFailed as failed:
            texts += [failed.reason, repr(failed), "".join(traceback.format_exception(failed))]
    texts += [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    told = "\n".join(texts)
    assert [secret for secret in networked.secrets if secret in told] == []
