"""What every channel promises, checked over real sockets against partners on this machine."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from channel_rigs import HOSTILE, MESSAGE, ROWS, Rig, answering
from tocsin.connectors.outbound import Outbound
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

LIMIT_S = 0.4
SLACK_S = 4
"""A busy machine may be this late."""
GOOD = Outbound(time_limit_s=20.0, longest_answer=524_288)
SHORT = replace(GOOD, time_limit_s=LIMIT_S)
HUGE_BYTES = 50 * 2**20


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def send(rig: Rig, base: str | None = None, outbound: Outbound = GOOD, message: Message = MESSAGE) -> Receipt:
    channel, address = rig.made(base, outbound)
    return channel.send(message, address)


def failure_of(rig: Rig, base: str | None = None, outbound: Outbound = GOOD) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        send(rig, base, outbound)
    return failed.value


NETWORKED = [name for name, row in ROWS.items() if row.is_networked]
SPOKEN = [name for name, row in ROWS.items() if row.speaks_http]
READ = [name for name in SPOKEN if ROWS[name].reads_answer]
FAILURES = [(name, kind) for name, row in ROWS.items() for kind in sorted(row.fails)]


@pytest.fixture(params=ROWS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return ROWS[request.param].rig(request)


@pytest.fixture(params=NETWORKED)
def networked(request: pytest.FixtureRequest) -> Rig:
    return ROWS[request.param].rig(request)


@pytest.fixture(params=SPOKEN)
def spoken(request: pytest.FixtureRequest) -> Rig:
    return ROWS[request.param].rig(request)


@pytest.fixture(params=READ)
def read(request: pytest.FixtureRequest) -> Rig:
    return ROWS[request.param].rig(request)


@pytest.mark.parametrize("name", ROWS)
def test_a_channel_is_named_as_its_row_and_says_whether_it_reaches_anybody(
    name: str, request: pytest.FixtureRequest
) -> None:
    channel, _ = ROWS[name].rig(request).made(None, GOOD)
    assert (channel.name, channel.is_real) == (name, name != "inbox")


def test_a_message_arrives_and_is_receipted(rig: Rig) -> None:
    receipt = send(rig)
    assert (rig.count(), bool(receipt.answer)) == (1, True)


def test_the_same_key_twice_is_at_most_one_duplicate(rig: Rig) -> None:
    for _ in range(2):
        assert send(rig).answer
    assert rig.count() in (1, 2)


def test_hostile_text_is_sent_without_harm(rig: Rig) -> None:
    send(rig, message=HOSTILE)
    assert rig.count() == 1


def test_empty_text_is_sent(rig: Rig) -> None:
    send(rig, message=replace(MESSAGE, subject="", text="", link="", fields=(), runbook_url=""))
    assert rig.count() == 1


@pytest.mark.parametrize(("name", "kind"), FAILURES)
def test_each_failure_has_its_kind_and_the_partners_status(
    name: str, kind: FailureKind, request: pytest.FixtureRequest
) -> None:
    rig = ROWS[name].rig(request)
    assert set(rig.failing) == ROWS[name].fails
    rig.failing[kind]()
    failed = failure_of(rig)
    assert (failed.kind, bool(failed.reason), len(failed.reason) < 500) == (kind, True, True)
    assert isinstance(failed.status, int) == ROWS[name].tells_status


def test_a_wish_to_wait_is_handed_on(spoken: Rig) -> None:
    assert spoken.partner is not None
    answering(spoken.partner, 429, b"slow down", Retry_After="17")()
    failed = failure_of(spoken)
    assert (failed.kind, failed.retry_after_s, failed.status) == (FailureKind.RETRY_LATER, 17.0, 429)


def test_a_dead_partner_is_tried_again_later(networked: Rig, dead_port: int) -> None:
    failed = failure_of(networked, at(dead_port), SHORT)
    assert (failed.kind, failed.status) == (FailureKind.RETRY_LATER, None)


def test_a_partner_that_hangs_up_is_tried_again_later(networked: Rig, bad: Any) -> None:
    assert failure_of(networked, at(bad.serve(bad.hang_up)), SHORT).kind is FailureKind.RETRY_LATER


def test_the_time_limit_holds_for_a_silent_partner(networked: Rig, bad: Any) -> None:
    base = at(bad.serve(bad.say_nothing))
    started = time.monotonic()
    assert failure_of(networked, base, SHORT).kind is FailureKind.RETRY_LATER
    assert time.monotonic() - started < LIMIT_S + SLACK_S


def test_the_time_limit_holds_for_a_partner_that_drips(networked: Rig, bad: Any) -> None:
    base = at(bad.serve(bad.drip(*networked.drip)))
    started = time.monotonic()
    assert failure_of(networked, base, SHORT).kind is FailureKind.RETRY_LATER
    assert time.monotonic() - started < LIMIT_S + SLACK_S


@pytest.mark.parametrize("body", [b"<html>captive portal</html>", b"[]", b"{", b'"x"', b"\xff\xfe"])
def test_a_success_that_is_not_the_partners_is_not_taken_for_one(read: Rig, body: bytes) -> None:
    assert read.partner is not None
    answering(read.partner, 200, body)()
    assert failure_of(read).kind is FailureKind.UNKNOWN


def test_a_huge_answer_is_not_read_to_its_end(spoken: Rig, bad: Any) -> None:
    told = {"bytes": 0}

    def pour(talk: socket.socket, stop: threading.Event) -> None:
        talk.recv(65_536)
        talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE_BYTES)
        while told["bytes"] < HUGE_BYTES:
            talk.sendall(b"x" * 65_536)
            told["bytes"] += 65_536

    with suppress(DeliveryFailed):
        send(spoken, at(bad.serve(pour)))
    assert told["bytes"] < HUGE_BYTES / 2


def test_a_certificate_that_is_not_trusted_is_misconfigured(
    spoken: Rig, serve_http: Callable[..., Any], partner: Any, certificate: Any
) -> None:
    secure = serve_http(type(partner)(), certificate.server)
    failed = failure_of(spoken, secure.url)
    assert (failed.kind, "certificate" in failed.reason) == (FailureKind.MISCONFIGURED, True)
    assert secure.received == []


def test_a_redirect_is_not_followed(spoken: Rig) -> None:
    assert spoken.partner is not None
    answering(spoken.partner, 302, Location="http://169.254.169.254/latest/meta-data/")()
    failed = failure_of(spoken)
    assert (failed.kind, failed.status) == (FailureKind.MISCONFIGURED, 302)
    assert len(spoken.partner.received) == 1


def test_an_address_in_a_private_range_is_refused_where_none_is_wanted(spoken: Rig) -> None:
    assert spoken.partner is not None
    assert failure_of(spoken, None, replace(GOOD, allow_private=False)).kind is FailureKind.MISCONFIGURED
    assert spoken.partner.received == []


@pytest.mark.parametrize("kind", FailureKind)
def test_secrets_are_in_no_log_reason_traceback_or_repr(
    networked: Rig, kind: FailureKind, caplog: pytest.LogCaptureFixture, dead_port: int
) -> None:
    caplog.set_level(logging.DEBUG)
    channel, _ = networked.made(None, GOOD)
    if kind in networked.failing:
        networked.failing[kind]()
    texts = [repr(channel), str(channel)]
    for base in (None, at(dead_port)):
        try:
            texts.append(repr(send(networked, base, GOOD if base is None else SHORT)))
        except DeliveryFailed as failed:
            texts += [failed.reason, repr(failed), "".join(traceback.format_exception(failed))]
    texts += [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    assert [secret for secret in networked.secrets if secret in "\n".join(texts)] == []


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_partner_that_repeats_the_secret_does_not_make_us_tell_it(spoken: Rig, status: int) -> None:
    assert spoken.partner is not None
    answering(spoken.partner, status, f"you sent {spoken.secrets[0]}".encode())()
    told = "".join(traceback.format_exception(failure_of(spoken)))
    assert spoken.secrets[0] not in told
