"""The contract of every action: done once, seen after a kill, read back, undone, and rehearsed in silence."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from performing_rigs import ROWS, Recording, Rig
from tocsin.connectors.outbound import Outbound
from tocsin.domain.acting import Call, Caller, CallFailed, Seen
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

KEY = "0d7e3b52-6f5b-4a52-9f0a-3f6d7f3c1c11"
LATER, REFUSED, WRONG = FailureKind.RETRY_LATER, FailureKind.REFUSED, FailureKind.MISCONFIGURED
ANSWERS = {401: WRONG, 403: WRONG, 404: REFUSED, 409: LATER, 429: LATER, 503: LATER}
CHANGING = [name for name, row in ROWS.items() if row.changes]
UNDOABLE = [name for name, row in ROWS.items() if row.undoes]
OVER_HTTP = [name for name, row in ROWS.items() if row.speaks_http]


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Rig:
    return ROWS[request.param].rig(request)


@contextmanager
def no_network() -> Iterator[None]:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", refused)
        patched.setattr(socket, "getaddrinfo", refused)
        yield


def without_pages(calls: Sequence[Call]) -> list[tuple[str, str, bool]]:
    """Return the calls, those that read on in one list as one: nobody knows before how long it is."""
    told = [(call.service, call.operation, call.changes) for call in calls]
    return [each for each, before in zip(told, [None, *told], strict=False) if each != before or each[2]]


def attempt(rig: Rig, caller: Caller, kept: object) -> Seen:
    """Act as the worker does that takes over from one that was killed: look first."""
    seen = drive(rig.performer.seen(rig.arguments, kept, KEY), lambda _: caller)
    if seen is Seen.NOT_DONE:
        drive(rig.performer.perform(rig.arguments, kept, KEY), lambda _: caller)
    return seen


@pytest.mark.parametrize("rig", CHANGING, indirect=True)
def test_it_is_done_once_however_often_it_is_tried(rig: Rig) -> None:
    caller = rig.caller(Outbound())
    kept = drive(rig.performer.before(rig.arguments), lambda _: caller)
    assert attempt(rig, caller, kept) in rig.first_look
    once = rig.state()
    assert once != rig.untouched or rig.is_so_already
    assert attempt(rig, caller, kept) is rig.second_look
    assert rig.state() == once
    assert drive(rig.performer.verify(rig.arguments, kept), lambda _: caller) is rig.read_back


@pytest.mark.parametrize("rig", [name for name in CHANGING if ROWS[name].settles], indirect=True)
def test_even_without_a_look_a_repeat_changes_nothing(rig: Rig) -> None:
    caller = rig.caller(Outbound())
    kept = drive(rig.performer.before(rig.arguments), lambda _: caller)
    drive(rig.performer.perform(rig.arguments, kept, KEY), lambda _: caller)
    once = rig.state()
    drive(rig.performer.perform(rig.arguments, kept, KEY), lambda _: caller)
    assert rig.state() == once


@pytest.mark.parametrize("rig", UNDOABLE, indirect=True)
def test_an_undo_puts_back_what_was(rig: Rig) -> None:
    caller = rig.caller(Outbound())
    kept = drive(rig.performer.before(rig.arguments), lambda _: caller)
    attempt(rig, caller, kept)
    assert rig.performer.undo is not None
    drive(rig.performer.undo(rig.arguments, kept, KEY), lambda _: caller)
    assert rig.put_back(rig.state()) == rig.put_back(rig.untouched)
    drive(rig.performer.undo(rig.arguments, kept, KEY), lambda _: caller)
    assert rig.put_back(rig.state()) == rig.put_back(rig.untouched)


@pytest.mark.parametrize("rig", ROWS, indirect=True)
def test_a_rehearsal_is_silent_and_lists_the_calls_of_the_real_run(rig: Rig) -> None:
    caller = Recording(rig.caller(Outbound()))
    kept = drive(rig.performer.before(rig.arguments), lambda _: caller)
    caller.calls.clear()
    with no_network():
        rehearsed = rehearse(rig.performer.perform(rig.arguments, kept, KEY))
    assert rig.state() == rig.untouched
    drive(rig.performer.perform(rig.arguments, kept, KEY), lambda _: caller)
    listed = [(call.service, call.operation, call.changes) for call in rehearsed.calls]
    assert listed == [(call.service, call.operation, call.changes) for call in caller.calls]
    assert any(call.changes for call in rehearsed.calls) is ROWS[rig.performer.declaration.name].changes


@pytest.mark.parametrize("rig", UNDOABLE, indirect=True)
def test_a_rehearsed_undo_is_silent_and_lists_the_calls_of_the_real_one(rig: Rig) -> None:
    caller = Recording(rig.caller(Outbound()))
    kept = drive(rig.performer.before(rig.arguments), lambda _: caller)
    attempt(rig, caller, kept)
    assert rig.performer.undo is not None
    caller.calls.clear()
    done = rig.state()
    with no_network():
        rehearsed = rehearse(rig.performer.undo(rig.arguments, kept, KEY))
    assert rig.state() == done
    drive(rig.performer.undo(rig.arguments, kept, KEY), lambda _: caller)
    assert without_pages(rehearsed.calls) == without_pages(caller.calls)
    assert any(call.changes for call in rehearsed.calls)


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize("rig", OVER_HTTP, indirect=True)
def test_an_answer_that_is_no_success_is_one_of_four_failures(rig: Rig, status: int) -> None:
    failed = failure(rig, (status, {}, f"no: {rig.secrets}".encode()))
    assert failed.kind is ANSWERS[status]
    assert failed.status == status
    assert not any(secret in f"{failed.reason}{failed.code}" for secret in rig.secrets)


@pytest.mark.parametrize("rig", OVER_HTTP, indirect=True)
def test_what_cannot_be_understood_is_unknown(rig: Rig) -> None:
    status = 202 if rig.performer.declaration.name == "github.revoke_token" else 200
    assert failure(rig, (status, {}, b"<html>")).kind is FailureKind.UNKNOWN


@pytest.mark.parametrize("rig", OVER_HTTP, indirect=True)
def test_a_partner_that_hangs_is_given_up(rig: Rig) -> None:
    rig.caller(Outbound())
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert rig.partner is not None
        rig.partner.url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        failed = refusal(rig, rig.caller(Outbound(time_limit_s=0.05)))
    assert failed.kind in (FailureKind.RETRY_LATER, FailureKind.UNKNOWN)
    assert failed.status is None


def failure(rig: Rig, reply: tuple[int, dict[str, str], bytes]) -> CallFailed:
    caller = rig.caller(Outbound())
    if rig.warm_up is not None:
        rig.warm_up(caller)
    assert rig.partner is not None
    rig.partner.reply = lambda got: reply
    return refusal(rig, caller)


def refusal(rig: Rig, caller: Caller) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        drive(rig.performer.perform(rig.arguments, {}, KEY), lambda _: caller)
    return raised.value
