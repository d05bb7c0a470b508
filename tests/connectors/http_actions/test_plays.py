"""What a configured action asks for, and what it makes of the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.connectors.http_actions.plays import ABSENT, Request, Written
from tocsin.domain.acting import Call, CallFailed, Seen
from tocsin.domain.action import Repeat
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

LOOK = Request(method="GET", path="/doors/{door}", query={}, body=None, success=(200,))
LOCK = Request(
    method="POST",
    path="/doors/{door}",
    query={"q": "{why}"},
    body={"pin": "{pin}", "by": "{key}"},
    success=(),
)
UNLOCK = Request(method="POST", path="/doors/{door}", query={}, body={"was": "{kept.lock.is}"}, success=())
WRITTEN = Written(
    target="lab",
    request=LOCK,
    secret=("pin",),
    repeat=Repeat.LOOK_UP,
    look=LOOK,
    done={"lock.is": "shut"},
    keeps=("lock.is",),
    undo_request=UNLOCK,
)
ARGUMENTS = {"door": "front", "pin": "1234", "why": "Eve"}


class Lab:
    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[Call] = []

    def call(self, call: Call) -> Any:
        self.calls.append(call)
        if isinstance(self.answer, CallFailed):
            raise self.answer
        return self.answer


def test_the_look_comes_first_and_the_secret_is_marked() -> None:
    look, lock = rehearse(WRITTEN.perform(ARGUMENTS, {}, "k")).calls
    assert (look.operation, look.changes, look.service) == ("GET /doors/{door}", False, "http.lab")
    assert lock.parameters == {
        "door": "front",
        "query": {"q": "Eve"},
        "body": {"pin": "1234", "by": "k"},
    }
    assert (lock.changes, set(lock.secret)) == (True, {"body", "query"})


def test_what_is_so_already_is_left_alone() -> None:
    lab = Lab({"lock": {"is": "shut"}})
    told = drive(WRITTEN.perform(ARGUMENTS, {}, "k"), lambda _: lab)
    assert told.text == "lab: it was so already"
    assert len(lab.calls) == 1
    assert drive(WRITTEN.seen(ARGUMENTS, {}, "k"), lambda _: lab) is Seen.DONE


def test_what_was_kept_is_put_back() -> None:
    lab = Lab({"lock": {"is": "open"}})
    kept = drive(WRITTEN.before(ARGUMENTS), lambda _: lab)
    assert kept == {"lock.is": "open"}
    drive(WRITTEN.undo(ARGUMENTS, kept, "k"), lambda _: lab)
    assert lab.calls[-1].parameters["body"] == {"was": "open"}


def test_our_key_travels_in_the_partners_header() -> None:
    keyed = replace(WRITTEN, repeat=Repeat.PARTNER_KEY, key_header="Idempotency-Key", look=None, done=None)
    [call] = rehearse(keyed.perform(ARGUMENTS, {}, "k")).calls
    assert call.parameters["headers"] == {"Idempotency-Key": "k"}
    assert rehearse(keyed.seen(ARGUMENTS, {}, "k")).given is Seen.NOT_DONE
    assert rehearse(replace(keyed, key_header="").seen(ARGUMENTS, {}, "k")).given is Seen.CANNOT_TELL
    assert rehearse(keyed.verify(ARGUMENTS, {})).given is None
    assert rehearse(replace(keyed, repeat=None).verify(ARGUMENTS, {})).given is True
    assert rehearse(keyed.before(ARGUMENTS)).calls == ()


def test_nothing_there_can_be_what_was_wanted() -> None:
    gone = CallFailed(FailureKind.REFUSED, "no", status=404)
    wants_nothing = replace(WRITTEN, done=ABSENT)
    assert drive(wants_nothing.verify(ARGUMENTS, {}), lambda _: Lab(gone)) is True
    assert drive(wants_nothing.verify(ARGUMENTS, {}), lambda _: Lab({})) is False
    with pytest.raises(CallFailed):
        drive(WRITTEN.verify(ARGUMENTS, {}), lambda _: Lab(gone))


def test_the_objects_are_the_arguments_in_the_path_and_the_counted_one() -> None:
    counted = replace(WRITTEN, counted="ids")
    given = rehearse(counted.objects({**ARGUMENTS, "ids": ("a", "b")})).given
    assert given == {"door": ("front",), "ids": ("a", "b")}


def test_what_is_read_is_given_on() -> None:
    reading = replace(WRITTEN, request=LOOK)
    assert drive(reading.read(ARGUMENTS, {}, "k"), lambda _: Lab({"a": 1})).output == {"a": 1}
    assert drive(reading.read(ARGUMENTS, {}, "k"), lambda _: Lab([1])).output == {"rows": [1]}
