"""One rig a channel for the connector contract: how it is made, its partner, and how that partner fails.

A channel joins the contract by one function here and one row in `RIGS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from group_notifications import firing, integration
from http_partner import HttpPartner
from tocsin.connectors.inbox.channel import InboxChannel
from tocsin.connectors.jira.channel import JiraChannel
from tocsin.connectors.jira.issues import issues_of
from tocsin.connectors.jira.notifier import JiraNotifier
from tocsin.connectors.jira_service_management.alerts_api import IntegrationAlerts
from tocsin.connectors.jira_service_management.channel import ServiceManagementChannel
from tocsin.connectors.jira_service_management.notifier import OpsgenieNotifier
from tocsin.connectors.ntfy.channel import NtfyChannel
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.pagerduty.channel import PagerDutyChannel
from tocsin.connectors.pagerduty.events_api import EventsApi
from tocsin.connectors.pagerduty.notifier import PagerDutyNotifier
from tocsin.connectors.push.channel import PushChannel
from tocsin.connectors.push.subscriptions import PUSH, Subscription, written
from tocsin.connectors.push.vapid import Vapid, key_of
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.channel import SlackChannel
from tocsin.connectors.slack.notifier import SlackNotifier
from tocsin.connectors.slack.web_api import WebApi
from tocsin.connectors.smtp.channel import SmtpChannel
from tocsin.connectors.statuspage.channel import StatuspageChannel
from tocsin.connectors.teams.channel import TeamsChannel
from tocsin.connectors.teams.notifier import TeamsNotifier
from tocsin.connectors.teams.workflow import Workflow
from tocsin.connectors.twilio.client import TwilioAccount
from tocsin.connectors.twilio.sms import SmsChannel
from tocsin.connectors.twilio.voice import VoiceChannel
from tocsin.connectors.webhook.channel import WebhookChannel
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Overloaded
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import Channel, FailureKind, Notifier, Receipt
from tocsin.store.memory import MemoryStore

CLOCK = PushedClock(datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC))
PUSH_AUTH = "c2l4dGVlbi1ieXRlcy1vaw"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"

MESSAGE = Message(
    key="page:7c1f0e6a:slack",
    subject="P1 Critical: login failures on agent-gateway",
    text="61 failed logins in 5 minutes.",
    link="https://tocsin.example/pages/7c1f0e6a?t=once",
    severity="P1",
    incident="INC-1",
    incident_key="tocsin:INC-1",
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

Made = tuple[Channel, str]


@dataclass
class Rig:
    """One channel, its partner, and ways to make the partner misbehave.

    `made(base, outbound)` returns the channel and an address for the partner at this base address (ending
    with a slash), None for the good one; a channel without HTTP takes the time limit from `outbound` and the
    host and port from `base`. The first of `secrets` is its credential. `count` tells how many messages the
    good partner holds. `failing` makes the good partner fail in each way it can. `partner` is None for what
    does not speak HTTP. `drip` is how a slow answer of its protocol begins and goes on.
    """

    made: Callable[[str | None, Outbound], Made]
    secrets: tuple[str, ...]
    count: Callable[[], int]
    failing: Mapping[FailureKind, Callable[[], None]]
    partner: HttpPartner | None = None
    drip: tuple[bytes, bytes] = (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")


@dataclass(frozen=True)
class Row:
    """One channel in the contract: its rig and what can be asked of it.

    `fails` are the kinds of failure its partner can be brought to. `speaks_http` False takes what is about
    HTTP alone out, `reads_answer` False what is about the form of a success (any 2xx is one), `is_networked`
    False everything about partners outside. `tells_status` says that its failures carry a status.
    """

    rig: Callable[[pytest.FixtureRequest], Rig]
    fails: frozenset[FailureKind] = frozenset(FailureKind)
    is_networked: bool = True
    speaks_http: bool = True
    reads_answer: bool = True
    tells_status: bool = True


def answering(partner: HttpPartner, status: int, body: bytes = b"", **headers: str) -> Callable[[], None]:
    """Return what makes the partner answer everything like this; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: setattr(partner, "reply", lambda got: (status, named, body))


def slack_rig(request: pytest.FixtureRequest) -> Rig:
    slack = request.getfixturevalue("slack")

    def made(base: str | None, outbound: Outbound) -> Made:
        return SlackChannel(WebApi(Secret(slack.token), base or slack.url, outbound)), "C0INCIDENTS"

    def fail(error: str) -> Callable[[], None]:
        return lambda: setattr(slack, "error", error)

    failing = {
        FailureKind.RETRY_LATER: fail("internal_error"),
        FailureKind.REFUSED: fail("msg_too_long"),
        FailureKind.MISCONFIGURED: fail("channel_not_found"),
        FailureKind.UNKNOWN: fail(f"something new, {slack.token}"),
    }
    return Rig(made, (slack.token,), lambda: len(slack.messages), failing, slack)


def webhook_rig(request: pytest.FixtureRequest) -> Rig:
    partner = request.getfixturevalue("partner")

    def made(base: str | None, outbound: Outbound) -> Made:
        return WebhookChannel((Secret(WHSEC),), CLOCK, outbound), f"{base or partner.url}secret-path"

    failing = {
        kind: answering(partner, status, f"no: {WHSEC}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 503),
            (FailureKind.REFUSED, 422),
            (FailureKind.MISCONFIGURED, 410),
            (FailureKind.UNKNOWN, 999),
        )
    }
    secrets = (WHSEC, "secret-path")
    return Rig(made, secrets, lambda: len(partner.received), failing, partner)


def smtp_rig(request: pytest.FixtureRequest) -> Rig:
    mail = request.getfixturevalue("mail")

    def made(base: str | None, outbound: Outbound) -> Made:
        port = urlsplit(base).port if base else mail.port
        url = f"smtp://{mail.user}:{mail.password}@127.0.0.1:{port}?starttls=false"
        sender = "tocsin@tocsin.example"
        return (
            SmtpChannel(Secret(url), sender, CLOCK, time_limit_s=outbound.time_limit_s),
            "ben@tocsin.example",
        )

    def fail(command: str, answer: str) -> Callable[[], None]:
        return lambda: mail.says.update({command: answer})

    failing = {
        FailureKind.RETRY_LATER: fail("RCPT", "451 try again"),
        FailureKind.REFUSED: fail("RCPT", f"550 no such user {mail.password}"),
        FailureKind.MISCONFIGURED: fail("MAIL", "553 you may not send as this"),
    }
    return Rig(made, (mail.password,), lambda: len(mail.letters), failing, drip=(b"", b"220-x\r\n"))


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
    made: Any = InboxChannel(store, CLOCK)  # type: ignore[arg-type]
    failing = {FailureKind.RETRY_LATER: lambda: setattr(store, "is_full", True)}
    return Rig(lambda base, outbound: (made, "ben"), (), lambda: len(store.kept), failing)


def ntfy_rig(request: pytest.FixtureRequest) -> Rig:
    ntfy = request.getfixturevalue("ntfy")

    def made(base: str | None, outbound: Outbound) -> Made:
        return NtfyChannel(base or ntfy.url, Secret(ntfy.token), outbound), "nights"

    failing = {
        kind: answering(ntfy, status, f"no: {ntfy.token}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 507),
            (FailureKind.REFUSED, 413),
            (FailureKind.MISCONFIGURED, 403),
            (FailureKind.UNKNOWN, 999),
        )
    }
    return Rig(made, (ntfy.token,), lambda: len(ntfy.messages), failing, ntfy)


def twilio_rig(request: pytest.FixtureRequest, kind: type[SmsChannel] | type[VoiceChannel]) -> Rig:
    twilio = request.getfixturevalue("twilio")

    def made(base: str | None, outbound: Outbound) -> Made:
        account = TwilioAccount(twilio.sid, (Secret(twilio.token),), base or twilio.url, outbound)
        return kind(account, "+15005550006", "https://tocsin.example"), "+491701234567"

    def fail(status: int, code: int) -> Callable[[], None]:
        return lambda: setattr(twilio, "error", (status, code))

    failing = {
        FailureKind.RETRY_LATER: fail(429, 20429),
        FailureKind.REFUSED: fail(400, 21610),
        FailureKind.MISCONFIGURED: fail(400, 21211),
        FailureKind.UNKNOWN: answering(twilio, 200, b"<html>"),
    }
    return Rig(made, (twilio.token,), lambda: len(twilio.created), failing, twilio)


def push_rig(request: pytest.FixtureRequest) -> Rig:
    browser, store = request.getfixturevalue("browser"), MemoryStore()
    vapid = Vapid(key_of(b"\7" * 32), "mailto:ada@example.org", CLOCK)
    browser.believes = vapid.public_key

    def made(base: str | None, outbound: Outbound) -> Made:
        told = Subscription("ben", f"{base or browser.url}secret-path", browser.p256dh, PUSH_AUTH)
        with store.transaction() as shelves:
            shelves.marks.keep(PUSH, {told.name: written(told)}, CLOCK.now())
        return PushChannel(store, CLOCK, vapid, outbound), "ben"

    failing = {
        kind: answering(browser, status, b"no")
        for kind, status in (
            (FailureKind.RETRY_LATER, 503),
            (FailureKind.REFUSED, 413),
            (FailureKind.MISCONFIGURED, 403),
            (FailureKind.UNKNOWN, 999),
        )
    }
    return Rig(made, (PUSH_AUTH, "secret-path"), lambda: len(browser.shown), failing, browser)


def statuspage_rig(request: pytest.FixtureRequest) -> Rig:
    statuspage = request.getfixturevalue("statuspage")

    def made(base: str | None, outbound: Outbound) -> Made:
        channel = StatuspageChannel(Secret(statuspage.key), base or statuspage.url, outbound)
        return Opening(channel), f"{statuspage.page}/{statuspage.components[0]}"

    failing = {
        kind: answering(statuspage, status, f"no: {statuspage.key}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 420),
            (FailureKind.REFUSED, 422),
            (FailureKind.MISCONFIGURED, 401),
            (FailureKind.UNKNOWN, 999),
        )
    }
    return Rig(made, (statuspage.key,), lambda: len(statuspage.incidents), failing, statuspage)


@dataclass(frozen=True)
class Opening:
    """A channel that tells the public nothing of pages is given the notice of the opening instead."""

    channel: Channel

    @property
    def name(self) -> str:
        return self.channel.name

    @property
    def is_real(self) -> bool:
        return self.channel.is_real

    def send(self, message: Message, address: str) -> Receipt:
        return self.channel.send(replace(message, is_page=False, event="opened"), address)


def jira_rig(request: pytest.FixtureRequest) -> Rig:
    jira = request.getfixturevalue("jira")

    def made(base: str | None, outbound: Outbound) -> Made:
        return JiraChannel(issues_of(base or jira.url, Secret(jira.token), jira.user, outbound)), "OPS"

    failing = {
        kind: answering(jira, status, f"no: {jira.token}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 503),
            (FailureKind.REFUSED, 400),
            (FailureKind.MISCONFIGURED, 401),
            (FailureKind.UNKNOWN, 204),
        )
    }
    return Rig(made, (jira.token,), lambda: len(jira.issues), failing, jira)


def service_management_rig(request: pytest.FixtureRequest) -> Rig:
    fake = request.getfixturevalue("service_management")

    def made(base: str | None, outbound: Outbound) -> Made:
        door = IntegrationAlerts(Secret(fake.key), f"{base or fake.url}integration/v2/alerts", outbound)
        return ServiceManagementChannel({"ops": door}), "ops"

    failing = {
        kind: answering(fake, status, f"no: {fake.key}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 503),
            (FailureKind.REFUSED, 422),
            (FailureKind.MISCONFIGURED, 403),
            (FailureKind.UNKNOWN, 201),
        )
    }
    return Rig(made, (fake.key,), lambda: len(fake.alerts), failing, fake)


def teams_rig(request: pytest.FixtureRequest) -> Rig:
    teams = request.getfixturevalue("teams")

    def made(base: str | None, outbound: Outbound) -> Made:
        hook = (base or teams.url).rstrip("/") + teams.path
        return TeamsChannel({"ops": Secret(hook)}, Workflow(outbound)), "ops"

    failing = {
        kind: answering(teams, status, f"no: {teams.hook}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 502),
            (FailureKind.REFUSED, 400),
            (FailureKind.MISCONFIGURED, 401),
            (FailureKind.UNKNOWN, 202),
        )
    }
    return Rig(made, (teams.hook, "a-very-secret-signature"), lambda: len(teams.cards), failing, teams)


def pagerduty_rig(request: pytest.FixtureRequest) -> Rig:
    pagerduty = request.getfixturevalue("pagerduty")

    def made(base: str | None, outbound: Outbound) -> Made:
        api = EventsApi(base or pagerduty.url, outbound)
        return PagerDutyChannel({"ops": Secret(pagerduty.key)}, api), "ops"

    failing = {
        kind: answering(pagerduty, status, f"no: {pagerduty.key}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 503),
            (FailureKind.REFUSED, 400),
            (FailureKind.MISCONFIGURED, 403),
            (FailureKind.UNKNOWN, 204),
        )
    }
    return Rig(made, (pagerduty.key,), lambda: len(pagerduty.alerts), failing, pagerduty)


@dataclass(frozen=True)
class Telling:
    """What tells the receivers of an `alertmanager.yml`, as a channel: one notification a message."""

    name: str
    notifier: Notifier
    settings: Mapping[str, Any] = field(repr=False)
    is_real: bool = True

    def send(self, message: Message, address: str) -> Receipt:
        told = {"title": message.subject, "text": message.text, "summary": message.subject}
        described = {"description": message.text, "message": message.subject, "details": dict(message.fields)}
        kind = self.name.removesuffix("_configs")
        return self.notifier.notify(firing(), integration(kind, **told, **described, **self.settings))


def told_rig(
    request: pytest.FixtureRequest,
    name: str,
    notifier: Callable[[Outbound], Notifier],
    settings: Callable[[str, str], Mapping[str, Any]],
    success: tuple[int, bytes],
    unknown: int,
) -> Rig:
    """Return the rig of a notifier; `settings` takes the partner's base address and a secret."""
    partner, secret = request.getfixturevalue("partner"), "a-very-secret-key-of-32-letters1"
    answering(partner, *success)()

    def made(base: str | None, outbound: Outbound) -> Made:
        return Telling(name, notifier(outbound), settings(base or partner.url, secret)), ""

    failing = {
        kind: answering(partner, status, f"no: {secret}".encode())
        for kind, status in (
            (FailureKind.RETRY_LATER, 503),
            (FailureKind.REFUSED, 422),
            (FailureKind.MISCONFIGURED, 403),
            (FailureKind.UNKNOWN, unknown),
        )
    }
    return Rig(made, (secret,), lambda: len(partner.received), failing, partner)


def jira_told_rig(request: pytest.FixtureRequest) -> Rig:
    jira = request.getfixturevalue("jira")
    rig = jira_rig(request)

    def made(base: str | None, outbound: Outbound) -> Made:
        settings = {
            "api_url": f"{base or jira.url}rest/api/3",
            "project": "OPS",
            "http_config": {"basic_auth": {"username": jira.user, "password": jira.token}},
        }
        return Telling("jira_configs", JiraNotifier(outbound), settings), ""

    return replace(rig, made=made)


ROWS: Mapping[str, Row] = {
    "inbox": Row(
        inbox_rig,
        frozenset({FailureKind.RETRY_LATER}),
        is_networked=False,
        speaks_http=False,
        tells_status=False,
    ),
    "jira": Row(jira_rig),
    "jira_service_management": Row(service_management_rig),
    "ntfy": Row(ntfy_rig),
    "pagerduty": Row(pagerduty_rig),
    "push": Row(push_rig, reads_answer=False),
    "slack": Row(slack_rig),
    "sms": Row(partial(twilio_rig, kind=SmsChannel)),
    "statuspage": Row(statuspage_rig),
    "voice": Row(partial(twilio_rig, kind=VoiceChannel)),
    "smtp": Row(smtp_rig, frozenset(FailureKind) - {FailureKind.UNKNOWN}, speaks_http=False),
    "teams": Row(teams_rig),
    "webhook": Row(webhook_rig, reads_answer=False),
    "slack_configs": Row(
        partial(
            told_rig,
            name="slack_configs",
            notifier=SlackNotifier,
            settings=lambda base, secret: {"api_url": f"{base}services/{secret}", "channel": "#ops"},
            success=(200, b"ok"),
            unknown=999,
        )
    ),
    "pagerduty_configs": Row(
        partial(
            told_rig,
            name="pagerduty_configs",
            notifier=PagerDutyNotifier,
            settings=lambda base, secret: {"url": f"{base}v2/enqueue", "routing_key": secret},
            success=(202, b'{"status":"success"}'),
            unknown=204,
        )
    ),
    "opsgenie_configs": Row(
        partial(
            told_rig,
            name="opsgenie_configs",
            notifier=OpsgenieNotifier,
            settings=lambda base, secret: {"api_url": base, "api_key": secret},
            success=(202, b'{"requestId":"1"}'),
            unknown=201,
        )
    ),
    "jira_configs": Row(jira_told_rig),
    "msteamsv2_configs": Row(
        partial(
            told_rig,
            name="msteamsv2_configs",
            notifier=TeamsNotifier,
            settings=lambda base, secret: {"webhook_url": f"{base}workflows/1?sig={secret}"},
            success=(202, b""),
            unknown=999,
        )
    ),
}
"""Every channel by its name; a new one is a row."""
